import asyncio

from tunesmith.lsp.pool import WorkerPool


def test_a_task_that_the_interpreter_failed_runs_once_more():
    failures = [SystemError("AST constructor recursion depth mismatch")]

    def task() -> str:
        if failures:
            raise failures.pop()
        return "done"

    async def run() -> str | None:
        return await WorkerPool(asyncio.get_running_loop(), limit=60).compute(task)

    assert asyncio.run(run()) == "done"


def test_a_task_that_fails_twice_gives_nothing():
    def task() -> str:
        raise SystemError("again")

    async def run() -> str | None:
        return await WorkerPool(asyncio.get_running_loop(), limit=60).compute(task)

    assert asyncio.run(run()) is None
