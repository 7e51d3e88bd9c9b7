/* highlight.js and the grammars of twenty languages, as Debian's package node-highlight.js installs
   them, joined to one script for a worker. As read-only data of the program it takes no memory until
   a browser asks for it. */

    /* A grammar is a CommonJS module, whose value is a function. */
    .macro language name
    .incbin "/usr/share/nodejs/highlight.js/lib/languages/\name\().js"
    .ascii "\nhljs.registerLanguage('\name', module.exports);\n"
    .endm

    .section .rodata
    .globl berth_highlight
    .globl berth_highlight_end
berth_highlight:
    .ascii "/*!\n"
    .ascii " * highlight.js 9.18.5, as Debian's package node-highlight.js has it. License: BSD-3-Clause.\n"
    .ascii " *\n"
    .ascii " * Copyright (c) 2006, Ivan Sagalaev. All rights reserved.\n"
    .ascii " *\n"
    .ascii " * Redistribution and use in source and binary forms, with or without modification, are permitted\n"
    .ascii " * provided that the following conditions are met:\n"
    .ascii " *\n"
    .ascii " * * Redistributions of source code must retain the above copyright notice, this list of conditions\n"
    .ascii " *   and the following disclaimer.\n"
    .ascii " * * Redistributions in binary form must reproduce the above copyright notice, this list of conditions\n"
    .ascii " *   and the following disclaimer in the documentation and/or other materials provided with the\n"
    .ascii " *   distribution.\n"
    .ascii " * * Neither the name of highlight.js nor the names of its contributors may be used to endorse or\n"
    .ascii " *   promote products derived from this software without specific prior written permission.\n"
    .ascii " *\n"
    .ascii " * THIS SOFTWARE IS PROVIDED BY THE REGENTS AND CONTRIBUTORS \"AS IS\" AND ANY EXPRESS OR IMPLIED\n"
    .ascii " * WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR\n"
    .ascii " * A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE REGENTS AND CONTRIBUTORS BE LIABLE FOR\n"
    .ascii " * ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT\n"
    .ascii " * LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS\n"
    .ascii " * INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,\n"
    .ascii " * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN\n"
    .ascii " * IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.\n"
    .ascii " */\n"
    .ascii "'use strict';\nvar module = {};\n"
    .incbin "/usr/share/nodejs/highlight.js/lib/highlight.js"
    .ascii "\nvar hljs = self.hljs;\n"
    language bash
    language cpp
    language cs
    language css
    language diff
    language go
    language ini
    language java
    language javascript
    language json
    language kotlin
    language php
    language python
    language ruby
    language rust
    language sql
    language swift
    language typescript
    language xml
    language yaml
    .ascii "/* Answers a code's language and text with markup, or with null if the language is unknown. */\n"
    .ascii "self.onmessage = function (event) {\n"
    .ascii "  var language = event.data[0];\n"
    .ascii "  var known = hljs.getLanguage(language);\n"
    .ascii "  self.postMessage(known ? hljs.highlight(language, event.data[1], true).value : null);\n"
    .ascii "};\n"
berth_highlight_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
