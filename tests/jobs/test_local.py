"""Jobs on this machine: real supervisors, real scripts, real kills."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tunesmith.jobs.local import Local
from tunesmith.jobs.local_folder import JobFolder
from tunesmith.jobs.spec import KEY_LABEL, Engine, EngineError, GpuUse, JobSpec, JobState, Stage
from tunesmith.machines import this_mac

CANARY = "hf_CanaryTokenThatMustNotBeFoundAnywhere"
posix_only = pytest.mark.skipif(os.name == "nt", reason="signals and groups of POSIX")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Local]:
    engine = Local(tmp_path / "local")
    yield engine
    for job in engine.jobs():
        engine.cancel(job)
        until(lambda job=job: engine.inspect(job).stage.is_final)


@pytest.fixture
def spec(tmp_path: Path) -> Callable[..., JobSpec]:
    def make(text: str, **fields: object) -> JobSpec:
        path = tmp_path / "train.py"
        path.write_text(text, "utf-8")
        given = {"key": "key", "python": sys.executable, "script": str(path), **fields}
        return JobSpec(**given)  # pyright: ignore[reportArgumentType]

    return make


def until(happens: Callable[[], object], limit_s: float = 60) -> None:
    deadline = time.monotonic() + limit_s
    while not happens():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def texts(engine: Local, job: JobState, *, follow: bool = True) -> list[str]:
    return [line.text for line in engine.log(job, follow=follow)]


def started(engine: Local, job: JobState, line: str = "ready") -> None:
    """Wait until the script has printed a line."""
    until(lambda: line in texts(engine, job, follow=False))


def folder_of(tmp_path: Path, job: JobState) -> JobFolder:
    return JobFolder(tmp_path / "local" / job.id)


def supervisor_of(engine: Local, tmp_path: Path, job: JobState) -> psutil.Process:
    record = folder_of(tmp_path, job).started()
    assert record
    parent = psutil.Process(record["pid"]).parent()
    assert parent
    return parent


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


WAITS = "import time\nprint('ready', flush=True)\ntime.sleep(600)\n"


def test_a_script_runs_to_its_end(engine: Local, spec: Callable[..., JobSpec]):
    assert isinstance(engine, Engine)
    job = engine.submit(spec("print('one')\nprint('two', end='')", name="mine"), {})
    lines = list(engine.log(job, follow=True))
    assert [(line.ordinal, line.text) for line in lines] == [(0, "one"), (1, "two")]
    end = engine.inspect(job)
    assert (end.stage, end.exit_code, end.message, end.name) == (Stage.COMPLETED, 0, None, "mine")
    assert end.labels[KEY_LABEL] == "key"
    assert end.created
    assert end.started
    assert end.finished
    assert end.created <= end.started <= lines[0].time <= end.finished
    assert engine.find("key") == end
    assert list(engine.jobs()) == [end]
    assert list(engine.log(job, follow=False)) == lines


def test_it_gets_arguments_a_folder_and_variables(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WANDB_API_KEY", "of another window")
    folder = tmp_path / "data of mine"
    folder.mkdir()
    script = (
        "import os, sys\nprint(sys.argv[1:], os.getcwd())\n"
        "print(os.environ['PLAIN'], os.environ['HF_TOKEN'], 'WANDB_API_KEY' in os.environ)"
    )
    job = engine.submit(
        spec(
            script,
            arguments=("--lr", "1e-4", "ü b"),
            folder=str(folder),
            environment={"PLAIN": "x"},
            secrets=("HF_TOKEN",),
        ),
        {"HF_TOKEN": "a-secret", "WANDB_API_KEY": "not asked for"},
    )
    assert texts(engine, job) == [f"['--lr', '1e-4', 'ü b'] {folder}", "x a-secret False"]


def test_a_secret_is_in_the_variables_of_the_script_only(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    job = engine.submit(spec(WAITS, secrets=("HF_TOKEN",)), {"HF_TOKEN": CANARY})
    started(engine, job)
    supervisor = supervisor_of(engine, tmp_path, job)
    assert CANARY not in " ".join(supervisor.cmdline())
    assert CANARY not in supervisor.environ().values()
    assert psutil.Process(supervisor.children()[0].pid).environ()["HF_TOKEN"] == CANARY
    engine.cancel(job)
    until(lambda: engine.inspect(job).stage.is_final)
    for path in (tmp_path / "local").rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_an_exit_code_is_told(engine: Local, spec: Callable[..., JobSpec]):
    job = engine.submit(spec("print('no')\nraise SystemExit(7)"), {})
    assert texts(engine, job) == ["no"]
    end = engine.inspect(job)
    assert (end.stage, end.exit_code, end.message) == (Stage.ERROR, 7, "ended with exit code 7")


@posix_only
def test_the_signal_that_ended_it_is_told(engine: Local, spec: Callable[..., JobSpec]):
    job = engine.submit(spec("import os\nos.kill(os.getpid(), 9)"), {})
    assert texts(engine, job) == []
    end = engine.inspect(job)
    assert (end.stage, end.exit_code) == (Stage.ERROR, 137)
    assert "memory runs out" in (end.message or "")


def test_standard_output_and_error_are_one_log_in_order(
    engine: Local, spec: Callable[..., JobSpec]
):
    script = (
        "import sys\nfor i in range(50):\n"
        "    print(i, file=sys.stderr if i % 2 else sys.stdout, flush=True)"
    )
    job = engine.submit(spec(script), {})
    assert texts(engine, job) == [str(i) for i in range(50)]


def test_odd_output(engine: Local, spec: Callable[..., JobSpec]):
    script = r"""
import sys
out = sys.stdout.buffer
out.write(b"\r  0%\r 50%\r100%\r\n")
out.write(b"\xff\xfe bad\n\n")
out.write(b"\0 \x1b[1mbold\x1b[0m \xe2\x80\xa8 one line\n")
out.write(b"x" * 200_000 + b"\n")
out.write(b"\r 10%\r        \r{'loss': 1}\n")
out.write("é".encode()[:1]); out.flush()
out.write("é".encode()[1:] + b" last")
"""
    job = engine.submit(spec(script), {})
    lines = texts(engine, job)
    assert lines[:4] == ["100%", "\ufffd\ufffd bad", "", "\0 \x1b[1mbold\x1b[0m \u2028 one line"]
    assert lines[4] == "x" * 65_536 + "… [134,464 more bytes of this line are left out]"
    assert lines[5:] == ["{'loss': 1}", "é last"]


GRANDCHILD = """
import subprocess, sys, time, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
one = subprocess.Popen([sys.executable, "-c", code])
two = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
print(one.pid, two.pid, flush=True)
print("ready", flush=True)
"""


@posix_only
@pytest.mark.parametrize("ends_by_itself", [True, False])
def test_nothing_that_it_started_is_left(
    engine: Local,
    spec: Callable[..., JobSpec],
    ends_by_itself: bool,
    monkeypatch: pytest.MonkeyPatch,
):
    job = engine.submit(spec(GRANDCHILD + ("" if ends_by_itself else "time.sleep(600)")), {})
    if not ends_by_itself:
        started(engine, job)
        engine.cancel(job)
    pids = [int(word) for word in texts(engine, job)[0].split()]
    end = engine.inspect(job)
    assert end.stage is (Stage.COMPLETED if ends_by_itself else Stage.CANCELED)
    for pid in pids:
        until(lambda pid=pid: is_gone(pid))


def test_a_script_may_clean_up_when_it_is_cancelled(engine: Local, spec: Callable[..., JobSpec]):
    script = (
        "import signal, sys, time\n"
        "def stop(*_):\n    print('checkpoint written')\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\nprint('ready', flush=True)\ntime.sleep(600)\n"
    )
    job = engine.submit(spec(script), {})
    started(engine, job)
    engine.cancel(job)
    assert texts(engine, job) == ["ready", "checkpoint written"]
    assert engine.inspect(job).stage is Stage.CANCELED
    engine.cancel(job)
    assert engine.inspect(job).stage is Stage.CANCELED


def test_a_timeout_ends_it(engine: Local, spec: Callable[..., JobSpec]):
    job = engine.submit(spec(WAITS, timeout_s=1), {})
    texts(engine, job)
    end = engine.inspect(job)
    assert (end.stage, end.message) == (Stage.ERROR, "ended by its timeout of 1 s")


SUBMIT = """
import sys, time
from pathlib import Path
from tunesmith.jobs.local import Local
from tunesmith.jobs.spec import JobSpec
Local(Path(sys.argv[1])).submit(JobSpec(
    key=sys.argv[3], script=sys.argv[2], python=sys.executable, arguments=sys.argv[4:]
), {})
print("submitted", flush=True)
time.sleep(600)
"""


@posix_only
def test_it_survives_whoever_started_it(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    gate = tmp_path / "go on"
    script = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.05)\nprint(1)"
    command = [sys.executable, "-c", SUBMIT, str(tmp_path / "local"), spec(script).script, "key"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == "submitted\n"
        os.killpg(starter.pid, signal.SIGKILL)
    job = engine.find("key")
    assert job
    assert job.stage is Stage.RUNNING
    gate.touch()
    assert texts(engine, job) == ["1"]
    assert engine.inspect(job).stage is Stage.COMPLETED


@posix_only
def test_a_killed_supervisor_is_told_and_its_script_can_be_ended(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    job = engine.submit(spec(WAITS), {})
    started(engine, job)
    supervisor = supervisor_of(engine, tmp_path, job)
    script = supervisor.children()[0]
    supervisor.kill()
    until(lambda: not folder_of(tmp_path, job).is_supervised)  # its threads end one by one
    now = engine.inspect(job)
    assert (now.stage, now.finished) == (Stage.RUNNING, None)
    assert "its supervisor was killed" in (now.message or "")
    engine.cancel(job)
    assert engine.inspect(job).stage is Stage.CANCELED
    until(lambda: is_gone(script.pid))


def test_a_supervisor_ends_where_its_folder_was_deleted(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    job = engine.submit(spec(WAITS), {})
    started(engine, job)
    supervisor = supervisor_of(engine, tmp_path, job)
    shutil.rmtree(tmp_path / "local" / job.id)
    supervisor.children()[0].terminate()
    until(lambda: is_gone(supervisor.pid))


@posix_only
def test_a_machine_that_went_down_leaves_an_error(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    job = engine.submit(spec(WAITS), {})
    started(engine, job)
    supervisor = supervisor_of(engine, tmp_path, job)
    script = supervisor.children()[0]
    supervisor.kill()
    script.kill()
    until(lambda: engine.inspect(job).stage is Stage.ERROR)
    end = engine.inspect(job)
    assert "the machine went down" in (end.message or "")
    assert end.finished
    assert texts(engine, job) == ["ready"]
    engine.cancel(job)
    assert engine.inspect(job) == end


@posix_only
def test_a_machine_that_shuts_down_ends_it(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    job = engine.submit(spec(WAITS), {})
    started(engine, job)
    supervisor_of(engine, tmp_path, job).terminate()
    assert texts(engine, job) == ["ready"]
    end = engine.inspect(job)
    assert end.stage is Stage.ERROR
    assert "shut down" in (end.message or "")


def test_a_key_has_one_job_however_often_it_is_submitted(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    runs = tmp_path / "runs"
    made = spec(f"open({str(runs)!r}, 'a').write('run ')")
    answers: list[JobState] = []
    threads = [
        threading.Thread(target=lambda: answers.append(engine.submit(made, {}))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.id for answer in answers} == {"key"}
    until(lambda: engine.inspect(answers[0]).stage.is_final)
    engine.submit(made, {})
    assert runs.read_text() == "run "


def test_a_folder_whose_job_was_never_taken_is_no_job(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    folder = tmp_path / "local" / "key"
    folder.mkdir(parents=True)
    (folder / "supervisor.lock").touch()
    (folder / "job.partial").write_text("{")
    assert engine.find("key") is None
    assert list(engine.jobs()) == []
    job = engine.submit(spec("print(1)"), {})
    assert texts(engine, job) == ["1"]


def test_jobs_are_listed_newest_first_and_only_ended_ones_can_be_removed(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    jobs = [engine.submit(spec("", key=f"key-{number}"), {}) for number in range(3)]
    for job in jobs:
        until(lambda job=job: engine.inspect(job).stage.is_final)
    running = engine.submit(spec(WAITS, key="key-3"), {})
    assert [job.id for job in engine.jobs()] == ["key-3", "key-2", "key-1", "key-0"]
    (tmp_path / "local" / ".gone-other").mkdir()  # of one that was killed while it removed a job
    for job in (jobs[0], jobs[1], jobs[0]):
        engine.remove(job)
    engine.sweep()
    assert [job.id for job in engine.jobs()] == ["key-3", "key-2"]
    assert sorted(path.name for path in (tmp_path / "local").iterdir()) == ["key-2", "key-3"]
    assert engine.inspect(jobs[0]).stage is Stage.DELETED
    assert (engine.folder_of(jobs[0]), engine.folder_of(jobs[2])) == (
        None,
        tmp_path / "local" / "key-2",
    )
    with pytest.raises(EngineError, match="has not ended"):
        engine.remove(running)
    assert engine.inspect(running).stage is Stage.RUNNING


def test_a_job_is_started_again_under_another_key(spec: Callable[..., JobSpec], tmp_path: Path):
    engine = Local(tmp_path / "local", secret_of={"HF_TOKEN": "again"}.get)
    script = "import os, sys\nprint(os.environ['HF_TOKEN'], sys.argv[1:])"
    made = spec(script, arguments=("a",), secrets=("HF_TOKEN",))
    job = engine.submit(made, {"HF_TOKEN": "first"})
    assert texts(engine, job) == ["first ['a']"]
    second = engine.rerun(job, "other")
    assert (second.id, second.labels[KEY_LABEL]) == ("other", "other")
    assert texts(engine, second) == ["again ['a']"]
    with pytest.raises(EngineError, match="the secret HF_TOKEN has no value; set the variable"):
        Local(tmp_path / "local", secret_of=lambda _: None).rerun(job, "third")
    with pytest.raises(EngineError, match="no job gone is known"):
        engine.rerun(JobState("gone", Stage.ERROR), "third")


def test_a_command_runs_without_a_script(engine: Local, tmp_path: Path):
    command = (sys.executable, "-c", "import os; print(os.getcwd())")
    job = engine.submit(JobSpec(key="key", command=command, folder=str(tmp_path)), {})
    assert texts(engine, job) == [str(tmp_path)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"script": "/no/train.py"}, "there is no script /no/train.py; give the path"),
        ({"folder": "/no/folder"}, "there is no folder /no/folder; give a working folder"),
        ({"python": "/no/python"}, "the program /no/python was not found on this machine; give"),
        ({"python": None}, "the program uv was not found on this machine; install it as https"),
        ({"command": ("no-such-program",)}, "the program no-such-program was not found"),
        ({"dependencies": ("trl",)}, "cannot fetch trl; install it there with `uv pip install"),
        ({"script": "https://x/train.py"}, "cannot fetch https://x/train.py; leave the inter"),
        ({"volumes": ("hf://m:/data",)}, "the volume hf://m:/data cannot be mounted on this"),
        ({"secrets": ("HF_TOKEN",)}, "the secret HF_TOKEN has no value; set the variable"),
        ({"key": "../key"}, "'../key' is no job of this machine; expected letters"),
    ],
)
def test_what_cannot_run_is_refused(
    engine: Local,
    spec: Callable[..., JobSpec],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fields: dict[str, object],
    message: str,
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(EngineError) as caught:
        engine.submit(spec("", **fields), {})
    assert message in str(caught.value)
    assert list(engine.jobs()) == []


def test_a_program_that_cannot_be_started(engine: Local, tmp_path: Path):
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF nothing")
    program.chmod(0o755)
    job = engine.submit(JobSpec(key="key", command=(str(program),), folder=str(tmp_path)), {})
    until(lambda: engine.inspect(job).stage.is_final)
    end = engine.inspect(job)
    assert end.stage is Stage.ERROR
    assert f"{program} cannot be started" in (end.message or "")


def test_a_state_folder_that_cannot_be_written(spec: Callable[..., JobSpec], tmp_path: Path):
    (tmp_path / "file").touch()
    engine = Local(tmp_path / "file" / "local")
    with pytest.raises(EngineError, match=r"file/local cannot be written: .*; make room or set"):
        engine.submit(spec(""), {})


@posix_only
def test_uv_runs_a_script_with_a_header(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    uv = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{uv}{os.pathsep}{os.environ['PATH']}")
    environment = {
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    script = (
        "# /// script\n# dependencies = []\n# ///\nimport sys\nprint(sys.argv[1:])\nsys.exit(3)"
    )
    job = engine.submit(spec(script, python=None, arguments=("--x",), environment=environment), {})
    assert texts(engine, job)[-1] == "['--x']"
    assert engine.inspect(job).exit_code == 3


@posix_only
def test_a_starter_that_is_killed_at_any_time_makes_one_job_at_most(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path
):
    runs = tmp_path / "runs"
    made = spec(f"open({str(runs)!r}, 'a').write('run ')")
    command = [sys.executable, "-c", SUBMIT]
    for number in range(8):
        key = f"key-{number}"
        arguments = [str(tmp_path / "local"), made.script, key]
        with subprocess.Popen([*command, *arguments], start_new_session=True) as starter:
            time.sleep(number * 0.05)  # somewhere in its start
            os.killpg(starter.pid, signal.SIGKILL)
        runs.unlink(missing_ok=True)
        job = engine.submit(replace(made, key=key), {})
        until(lambda job=job: engine.inspect(job).stage.is_final)
        assert engine.inspect(job).stage is Stage.COMPLETED
        assert len([job for job in engine.jobs() if job.id == key]) == 1


GATES = """
import os, sys, time
def wait(gate):
    while not os.path.exists(gate):
        time.sleep(0.05)
print("ready", flush=True)
wait("full")
for number in range(30):  # more than a pipe holds
    print(number, "z" * 10_000, flush=True)
open("printed", "w").close()
wait("room")
print("there is room again", flush=True)
sys.exit(5)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="sets the limits of another process")
@pytest.mark.parametrize("is_freed", [True, False])
def test_a_job_goes_on_on_a_full_disk(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path, is_freed: bool
):
    import resource

    job = engine.submit(spec(GATES), {})
    started(engine, job)
    supervisor = supervisor_of(engine, tmp_path, job).pid
    no_limit = resource.RLIM_INFINITY
    resource.prlimit(supervisor, resource.RLIMIT_FSIZE, (4096, no_limit))
    (tmp_path / "full").touch()
    until((tmp_path / "printed").exists)
    if is_freed:
        resource.prlimit(supervisor, resource.RLIMIT_FSIZE, (no_limit, no_limit))
    (tmp_path / "room").touch()
    lines = texts(engine, job)
    assert lines[0] == "ready"
    assert "lines are lost: " in lines[1]
    assert lines[-1] == "there is room again"
    assert engine.inspect(job).exit_code == 5


def test_what_a_job_takes_is_measured(engine: Local, spec: Callable[..., JobSpec]):
    job = engine.submit(spec("kept = bytearray(200_000_000)\n" + WAITS), {})
    started(engine, job)
    metrics = next(engine.metrics(job))
    assert 200_000_000 < metrics.memory < metrics.total_memory
    assert metrics.gpus == {}
    engine.cancel(job)
    assert len(list(engine.metrics(job))) < 30


SMI = """#!/bin/sh
case "$1" in
  --query-gpu=name,memory.total) echo "NVIDIA H100 80GB HBM3, 81559"
                                 echo "NVIDIA H100 80GB HBM3, 81559" ;;
  --query-gpu=index) echo 0; echo 1 ;;
  *) echo "0, 97, 1024, 81559"; echo "1, [N/A], 0, 81559" ;;
esac
"""


@posix_only
def test_nvidia_gpus_are_told_as_their_driver_tells_them(
    engine: Local, spec: Callable[..., JobSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With a made nvidia-smi; no GPU is here."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(SMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (offer,) = engine.hardware()
    assert (offer.flavor, offer.title, offer.dollars, offer.gpu, offer.gpus, offer.gpu_memory) == (
        "local",
        "this machine (2x NVIDIA H100 80GB HBM3)",
        0,
        "NVIDIA H100 80GB HBM3",
        2,
        "80 GB",
    )
    job = engine.submit(spec(WAITS), {})
    mib = 2**20
    assert next(engine.metrics(job)).gpus == {
        "0": GpuUse(97, 1024 * mib, 81559 * mib),
        "1": GpuUse(0, 0, 81559 * mib),
    }


def test_a_machine_without_a_gpu(engine: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (offer,) = engine.hardware()
    assert (offer.flavor, offer.dollars, offer.gpus) == ("local", 0, 0 if not this_mac() else 1)
