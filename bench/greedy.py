"""The greedy tenant of row p: `greedy.py PORT KEY` asks until its standard input ends.

It is a process of its own, so that its work delays no measured client. At its end it prints the
number of times it got each answer, as JSON."""

import asyncio
import collections
import json
import re
import sys

import load
from pressure import GREEDY, LARGEST


async def main(port: int, key: str) -> None:
    payload = picture(port, key)
    told: collections.Counter[str] = collections.Counter()

    async def one() -> None:
        while True:
            told[await ask(port, payload)] += 1
            await asyncio.sleep(0.01)

    asking = [asyncio.ensure_future(one()) for _ in range(GREEDY)]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in asking:
        task.cancel()
    print(json.dumps(told))


def picture(port: int, key: str) -> bytes:
    """The largest request that is accepted. It is a picture, which counts as one picture and not as
    a million tokens."""
    def asking(size: int) -> bytes:
        url = {"url": "data:image/png;base64," + "A" * size}
        return load.request(port, key, False, [{"type": "image_url", "image_url": url}], "greedy")

    overhead = len(asking(0).partition(b"\r\n\r\n")[2])
    return asking(LARGEST - overhead)


async def ask(port: int, payload: bytes) -> str:
    """The status, followed by the error message without its numbers if the status is not 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(payload)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", answer)
        body = await reader.readexactly(int(length[1])) if length else b""
    except (OSError, asyncio.IncompleteReadError) as error:
        return f"cut: {type(error).__name__}"
    finally:
        writer.close()
    status = answer.split()[1].decode()
    if status == "200":
        return status
    words = re.search(rb'"message":"([^"]*)', body)
    said = words[1].decode(errors="replace") if words else "without a message"
    return f"{status} {load.without_numbers(said)}"


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
