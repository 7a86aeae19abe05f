"""The file-system broker: several writers and readers, every message once and whole."""

import subprocess
import sys
from pathlib import Path

from kombu import Connection

ROOT = Path(__file__).resolve().parents[2]

WRITER = """
import sys
from kombu import Connection
with Connection("filesystem://localhost", transport="simdiklat.broker:Transport",
                transport_options={name: sys.argv[1] for name in
                                   ("data_folder_in", "data_folder_out", "control_folder")}) as connection:
    queue = connection.SimpleQueue("work")
    for number in range(150):
        queue.put({"number": number, "ballast": "x" * 20_000})
"""


def connect(folder: Path) -> Connection:
    names = ("data_folder_in", "data_folder_out", "control_folder")
    return Connection(
        "filesystem://localhost",
        transport="simdiklat.broker:Transport",
        transport_options=dict.fromkeys(names, str(folder)),
    )


def test_messages_arrive_whole_and_once_while_others_write(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    with connect(tmp_path) as one, connect(tmp_path) as other:
        readers = [one.SimpleQueue("work"), other.SimpleQueue("work")]
        seen: list[int] = []
        for turn in range(300):
            message = readers[turn % 2].get(timeout=20)
            seen.append(message.payload["number"])
            message.ack()
    for writer in writers:
        _, said = writer.communicate(timeout=20)
        assert writer.returncode == 0, said
    assert sorted(seen) == sorted([*range(150), *range(150)])
    assert not list(tmp_path.glob("*.msg"))
    assert not list(tmp_path.glob(".*"))


def test_what_one_writer_sends_keeps_its_order(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("work")
        for number in range(20):
            queue.put(number)
        for number in range(20):
            message = queue.get(timeout=5)
            assert message.payload == number
            message.ack()
