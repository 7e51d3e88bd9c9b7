/* KaTeX as Debian's package libjs-katex installs it. As read-only data of the program it takes no
   memory until a browser asks for it. */
    .section .rodata
    .globl berth_katex
    .globl berth_katex_end
berth_katex:
    .incbin "/usr/share/javascript/katex/katex.min.js"
berth_katex_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
