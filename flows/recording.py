"""The recording flow: one recording end to end, each stage a task that a person can watch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from flows import tasks
from mining import jobs, steps, store
from mining.config import Config
from mining.corpus.catalogue import Entry
from mining.names import safe_name


@flow(name="recording", flow_run_name="{audio}", validate_parameters=False)
def recording(audio: str, document: str, out: str, config: dict[str, Any] | None = None) -> dict[str, Any]:
    """Take one recording and its document through every stage into the folder of a run, as `shruti align` does.

    Args:
        audio, document: paths, or URLs of anything that fsspec reads.
        out: folder of the run.
        config: `Config.as_dict()`, or a part of it.

    Returns:
        The recording's id, its seconds, and those of them that were kept.

    Raises:
        ShrutiError: see the stages.
    """
    settings = Config.from_dict(config or {})
    entry = Entry(id=safe_name(Path(audio).stem), audio=audio, document=document)
    try:
        job = jobs.start(entry, Path(out), settings)
        with store.locked(job.recording.folder):
            for name in steps.STAGES:
                tasks.stage.with_options(name=name)(name, job)
    finally:
        jobs.drop_fetched(entry, Path(out))
    tasks.finish(out, settings.as_dict())
    came = steps.outcome(job)
    return {"recording": came.recording, "seconds": came.seconds, "kept": came.kept}
