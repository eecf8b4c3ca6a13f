"""Readers whose libraries die of some damaged files, each in a process of its own.

Open CASCADE and USD are C++ that trusts its input: a lost line in a STEP file is a null pointer.
What dies is a copy of this process, and what is left is an error that tells the file's owner.
"""

import faulthandler
import os
import pickle
import signal
import tempfile
from collections.abc import Callable
from typing import Any, NoReturn

from assets_pipeline.errors import InvalidModel, PipelineError
from assets_pipeline.model import Model

FORMATS = {"step": "STEP", "usd": "USD"}


def apart(work: Callable[[], Model], form: str) -> Model:
    """What `work` gives, or raises. Raises InvalidModel when the process dies of it.

    It has the limits of this process, and its own share of memory.
    """
    with tempfile.TemporaryFile() as told:
        process = os.fork()
        if process == 0:
            _work(work, told.fileno())
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            raise MemoryError  # the kernel's way to say so
        told.seek(0)
        try:
            model, error = pickle.load(told)  # noqa: S301 - written by our own code just now
        except (EOFError, pickle.UnpicklingError) as cut:
            reason = f"The {form} is damaged in a way that its reader cannot tell"
            raise InvalidModel(reason=reason) from cut
    if error is not None:
        raise _raised(error)
    found: Model = model
    return found


def _work(work: Callable[[], Model], told: int) -> NoReturn:
    faulthandler.disable()  # a death in here is no surprise
    try:
        with os.fdopen(os.dup(told), "wb") as stream:
            pickle.dump(_outcome(work), stream, protocol=pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)  # without the parent's own endings


def _outcome(work: Callable[[], Model]) -> tuple[Model | None, Any]:
    """The model, or its error in a form that can be sent."""
    try:
        return work(), None
    except PipelineError as error:
        return None, (type(error), error.facts)
    except UnicodeDecodeError:  # of C++'s bytes, on their way into a text
        return None, (InvalidModel, {"reason": "It holds names that are not Unicode"})
    except (MemoryError, RecursionError) as error:
        return None, (type(error), {})
    except Exception as error:
        return None, (RuntimeError, {"said": f"{type(error).__name__}: {error}"})


def _raised(error: tuple[type[Exception], dict[str, Any]]) -> Exception:
    kind, facts = error
    return kind(**facts) if issubclass(kind, PipelineError) else kind(*facts.values())
