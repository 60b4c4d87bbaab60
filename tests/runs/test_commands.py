"""Commands: many may ask, each is heard once, those of before are not."""

from __future__ import annotations

import threading
from pathlib import Path

from engine.runs.commands import COMMANDS_NAME, CommandReader, send_command


def test_each_command_is_heard_once_with_its_values(tmp_path: Path) -> None:
    reader = CommandReader(tmp_path)
    assert reader.poll() == []
    send_command(tmp_path, "pause")
    send_command(tmp_path, "set", by="cli", learning_rate=1e-5)
    heard = reader.poll()
    assert [(c["what"], c["by"]) for c in heard] == [("pause", "screen"), ("set", "cli")]
    assert heard[1]["learning_rate"] == 1e-5
    assert reader.poll() == []
    send_command(tmp_path, "stop")
    assert [c["what"] for c in reader.poll()] == ["stop"]


def test_commands_from_before_the_owner_came_are_passed_over(tmp_path: Path) -> None:
    send_command(tmp_path, "abort")
    reader = CommandReader(tmp_path)
    assert reader.poll() == []
    send_command(tmp_path, "save")
    assert [c["what"] for c in reader.poll()] == ["save"]


def test_half_a_line_waits_and_nonsense_is_passed_over(tmp_path: Path) -> None:
    reader = CommandReader(tmp_path)
    path = tmp_path / COMMANDS_NAME
    path.write_bytes(b'garbage\n{"what":"explode"}\n["stop"]\n{"what":"sa')
    assert reader.poll() == []
    with open(path, "ab") as file:
        file.write(b've"}\n')
    assert [c["what"] for c in reader.poll()] == ["save"]


def test_many_may_ask_at_once(tmp_path: Path) -> None:
    reader = CommandReader(tmp_path)
    ask = [threading.Thread(target=send_command, args=(tmp_path, "save")) for _ in range(20)]
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join()
    assert len(reader.poll()) == 20
