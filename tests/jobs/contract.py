"""What each engine must do. A test module makes a subclass with an `engine` fixture.

Scripts wait for files that the tests make, so that nothing here depends on how long things take.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tunesmith.jobs.spec import KEY_LABEL, Engine, EngineError, JobSpec, JobState, LogLine, Stage

DEADLINE_S = 60
PROLOGUE = """
import os, pathlib, sys, time
def wait_for(path):
    while not pathlib.Path(path).exists():
        time.sleep(0.02)
"""


def until(holds: Callable[[], object]) -> None:
    """Wait for something to hold; fails after a minute."""
    end = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.02)


class EngineContract:
    """The tests.

    Attributes:
        python: the interpreter of specifications, as `JobSpec.python`.
        forgets: old jobs are removed in time, so that a job that is not there was one.
    """

    python: str | None = None
    forgets = False

    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[..., JobSpec]:
        """A specification for the text of a script; files that it waits for are in `tmp_path`."""

        def made(text: str, **changes: object) -> JobSpec:
            key = uuid.uuid4().hex
            script = tmp_path / f"train-{key}.py"
            script.write_text(PROLOGUE + text, encoding="utf-8")
            spec = JobSpec(key=key, script=str(script), folder=str(tmp_path), python=self.python)
            return replace(spec, **changes)

        return made

    def ended(self, engine: Engine, job: JobState) -> JobState:
        until(lambda: engine.inspect(job).stage.is_final)
        return engine.inspect(job)

    def lines(self, engine: Engine, job: JobState, *, follow: bool = True) -> list[str]:
        found = list(engine.log(job, follow=follow))
        assert [line.ordinal for line in found] == list(range(len(found)))
        return [line.text for line in found]

    def test_a_job_runs_to_its_end(self, engine: Engine, make: Callable[..., JobSpec]) -> None:
        spec = make("print('one')\nprint('two', file=sys.stderr)", name="my-run")
        before = time.time()
        job = engine.submit(spec, {})
        assert (job.labels[KEY_LABEL], job.name) == (spec.key, "my-run")
        assert sorted(self.lines(engine, job)) == ["one", "two"]
        job = self.ended(engine, job)
        assert (job.stage, job.exit_code) == (Stage.COMPLETED, 0)
        times = [before - 1, job.created, job.started, job.finished, time.time() + 1]
        assert times == sorted(filter(None, times))

    def test_a_log_is_the_same_in_each_replay(
        self, engine: Engine, make: Callable[..., JobSpec]
    ) -> None:
        said = ["first", "", "  indented", "a\u2028b\x0cc\x85d", "ü" * 5000, "tail"]
        text = f"said = {said!r}\nsys.stdout.reconfigure(encoding='utf-8')\n"
        job = engine.submit(make(text + "sys.stdout.write('\\n'.join(said))"), {})
        live = list(engine.log(job, follow=True))
        assert [line.text for line in live] == said
        assert [line.ordinal for line in live] == list(range(len(said)))
        assert [line.time for line in live] == sorted(line.time for line in live)
        assert abs(live[0].time - time.time()) < 3600
        self.ended(engine, job)
        assert list(engine.log(job, follow=True)) == live
        assert list(engine.log(job, follow=False)) == live

    def test_lines_come_while_a_job_runs(
        self, engine: Engine, make: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        gate = tmp_path / "gate"
        job = engine.submit(
            make(f"print('one', flush=True)\nwait_for({str(gate)!r})\nprint('two')"), {}
        )
        reader, other = engine.log(job, follow=True), engine.log(job, follow=True)
        assert next(iter(reader)).text == next(iter(other)).text == "one"
        assert self.lines(engine, job, follow=False) == ["one"]
        assert engine.inspect(job).stage is Stage.RUNNING
        gate.touch()
        assert texts(reader) == texts(other) == ["two"]

    def test_a_script_that_fails_is_an_error(
        self, engine: Engine, make: Callable[..., JobSpec]
    ) -> None:
        job = self.ended(engine, engine.submit(make("print('so far')\nsys.exit(3)"), {}))
        assert (job.stage, job.exit_code) == (Stage.ERROR, 3)
        assert "3" in (job.message or "")
        assert self.lines(engine, job) == ["so far"]

    def test_a_job_that_takes_too_long_is_ended(
        self, engine: Engine, make: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        text = f"print('begun', flush=True)\nwait_for({str(tmp_path / 'never')!r})"
        job = self.ended(engine, engine.submit(make(text, timeout_s=2), {}))
        assert job.stage is Stage.ERROR
        assert "time" in (job.message or "")
        assert self.lines(engine, job) in (["begun"], [])  # on a slow machine it never began

    def test_a_job_can_be_cancelled(
        self, engine: Engine, make: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        text = f"print('begun', flush=True)\nwait_for({str(tmp_path / 'never')!r})\nprint('no')"
        job = engine.submit(make(text), {})
        reader = iter(engine.log(job, follow=True))
        assert next(reader).text == "begun"
        engine.cancel(job)
        assert texts(reader) == []
        assert self.ended(engine, job).stage is Stage.CANCELED
        engine.cancel(job)
        assert engine.inspect(job).stage is Stage.CANCELED

    def test_what_has_ended_is_not_cancelled(
        self, engine: Engine, make: Callable[..., JobSpec]
    ) -> None:
        job = self.ended(engine, engine.submit(make("pass"), {}))
        engine.cancel(job)
        assert engine.inspect(job).stage is Stage.COMPLETED

    def test_a_job_is_found_by_its_key(self, engine: Engine, make: Callable[..., JobSpec]) -> None:
        one, two = make("print(1)"), make("print(2)")
        jobs = {spec.key: engine.submit(spec, {}).id for spec in (one, two)}
        for key, expected in jobs.items():
            found = engine.find(key, None)
            assert found is not None
            assert found.id == expected
        assert engine.find(uuid.uuid4().hex, None) is None

    def test_a_job_is_started_again_under_another_key(
        self, engine: Engine, make: Callable[..., JobSpec]
    ) -> None:
        spec = make("print(sys.argv[1:])", arguments=("--x", "1"))
        old = self.ended(engine, engine.submit(spec, {}))
        key = uuid.uuid4().hex
        new = engine.rerun(old, key)
        assert new.id != old.id
        assert new.labels[KEY_LABEL] == key
        assert self.lines(engine, new) == self.lines(engine, old)
        assert engine.inspect(old).labels[KEY_LABEL] == old.labels[KEY_LABEL]
        for each in (old, new):
            found = engine.find(each.labels[KEY_LABEL], None)
            assert found is not None
            assert found.id == each.id

    def test_all_jobs_are_listed_newest_first(
        self, engine: Engine, make: Callable[..., JobSpec]
    ) -> None:
        made = [engine.submit(make(f"print({number})"), {}).id for number in range(3)]
        listed = [job.id for job in itertools.islice(engine.jobs(None), 10)]
        assert listed == made[::-1]

    def test_arguments_variables_and_secrets_arrive(
        self, engine: Engine, make: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        rows = tmp_path / "rows of mine.jsonl"
        rows.write_text('{"text": "hello"}')
        spec = make(
            "print(sys.argv[1], pathlib.Path(sys.argv[2]).read_text())\n"
            "print(os.environ['VARIABLE'], os.environ['SECRET'][::-1])",
            arguments=("-a b;$HOME", str(rows)),
            environment={"VARIABLE": "a 'quoted' \"value\""},
            secrets=("SECRET",),
        )
        job = engine.submit(spec, {"SECRET": "canary-of-a-secret", "OTHER": "canary-of-another"})
        assert self.lines(engine, job) == [
            '-a b;$HOME {"text": "hello"}',
            "a 'quoted' \"value\" " + "canary-of-a-secret"[::-1],
        ]
        assert "canary" not in repr(engine.inspect(job)) + repr(list(engine.jobs(None)))

    def test_metrics_come_until_a_job_ends(
        self, engine: Engine, make: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        gate = tmp_path / "gate"
        job = engine.submit(make(f"wait_for({str(gate)!r})"), {})
        samples = iter(engine.metrics(job))
        sample = next(samples)
        assert 0 < sample.memory <= sample.total_memory
        assert sample.cpu >= 0
        assert abs(sample.time - time.time()) < 60
        gate.touch()
        for _ in samples:
            pass
        assert engine.inspect(job).stage.is_final

    def test_machines_have_prices(self, engine: Engine) -> None:
        offers = engine.hardware()
        assert offers
        assert all(offer.dollars >= 0 and offer.flavor and offer.title for offer in offers)

    def test_an_unknown_job_is_named(self, engine: Engine) -> None:
        unknown = JobState("0123456789abcdef01234567", Stage.RUNNING)
        asked: list[Callable[[], object]] = [lambda: engine.rerun(unknown, "key")]
        if self.forgets:
            assert engine.inspect(unknown).stage is Stage.DELETED
            assert list(engine.log(unknown, follow=True)) == []
            assert list(engine.metrics(unknown)) == []
            engine.cancel(unknown)
        else:
            asked.append(lambda: engine.inspect(unknown))
            asked.append(lambda: engine.cancel(unknown))
            asked.append(lambda: list(engine.log(unknown, follow=True)))
            asked.append(lambda: list(engine.metrics(unknown)))
        for ask in asked:
            with pytest.raises(EngineError, match=unknown.id) as caught:
                ask()
            assert caught.value.next_step
            assert not caught.value.may_be_done
            assert not caught.value.can_retry

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"script": "/nowhere/at-all.py"}, "at-all.py"),
            ({"secrets": ("MY_SECRET",)}, "MY_SECRET"),
            ({"script": "", "command": ()}, "command"),
        ],
    )
    def test_what_cannot_be_started_is_refused_before(
        self, engine: Engine, make: Callable[..., JobSpec], changes: dict[str, object], named: str
    ) -> None:
        spec = make("pass", **changes)
        with pytest.raises(EngineError, match=named) as caught:
            engine.submit(spec, {})
        assert caught.value.next_step
        assert not caught.value.may_be_done
        assert engine.find(spec.key, None) is None


def texts(lines: Iterator[LogLine]) -> list[str]:
    return [line.text for line in lines]
