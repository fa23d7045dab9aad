"""What surrounds a call: Ctrl-C, fork, daemon threads at exit, threads. Each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from nats_server import Server

PYTHON = [sys.executable, "-X", "faulthandler", "-W", "ignore::DeprecationWarning", "-c"]


def run(program: str, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PYTHON, program, *arguments], capture_output=True, text=True, timeout=timeout, check=False)


def ran_well(program: str, *arguments: str) -> str:
    done = run(program, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# Waits for a reply that never comes: a stream without acknowledgements takes the message.
WAITS = """
import sys, time, threading
import noetl_nats as nn
url = sys.argv[1]
nn.run("stream_apply", {"url": url, "stream": "Q", "config": {"subjects": ["q"], "no_ack": True}})
def wait():
    return nn.run("request", {"url": url, "subject": "q", "payload": "", "timeout_ms": 60000})
"""

INTERRUPTED = """
nats = nn.connect(url)
call = {"run": wait, "client": lambda: nats.request("q", b"", timeout=60)}[sys.argv[2]]
print("ready", flush=True)
try:
    call()
except KeyboardInterrupt:
    print(time.time(), flush=True)
assert nn.run("ping", {"url": url})["status"] == "success"   # what was interrupted is usable
nats.close()
"""


@pytest.mark.parametrize("door", ["run", "client"])
def test_control_c_arrives_within_200_ms(server: Server, door: str) -> None:
    with subprocess.Popen(
        [*PYTHON, WAITS + INTERRUPTED, server.url, door], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.3)  # into the call: nothing outside of the process shows it
        sent = time.time()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    assert child.returncode == 0, err
    assert float(out) - sent < 0.2


def test_the_handler_of_a_signal_runs_while_a_call_waits(server: Server) -> None:
    program = """
import signal
class Told(Exception): pass
def tell(number, frame): raise Told
signal.signal(signal.SIGALRM, tell)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    wait()
except Told:
    print("told")
"""
    assert ran_well(WAITS + program, server.url) == "told\n"


def test_a_handler_that_raises_nothing_does_not_end_the_call(server: Server) -> None:
    program = """
import signal
seen = []
signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
signal.setitimer(signal.ITIMER_REAL, 0.1)
result = nn.call("request", {"url": url, "subject": "q", "payload": "", "timeout_ms": 700})
print(result["error"]["code"], len(seen))
"""
    assert ran_well(WAITS + program, server.url) == "deadline_exceeded 1\n"


@pytest.mark.parametrize("threads", [1, 16])
def test_exit_with_daemon_threads_inside_of_calls(server: Server, threads: int) -> None:
    program = f"""
def work():
    while True:
        nn.call("kv_get", {{"url": url, "bucket": "NONE", "key": "k"}})
def stuck():
    nn.call("request", {{"url": url, "subject": "q", "payload": "", "timeout_ms": 60000}})
for i in range({threads}):
    threading.Thread(target=work, daemon=True).start()
    threading.Thread(target=stuck, daemon=True).start()
time.sleep(0.2)
print("end", flush=True)
"""
    for _ in range(5):
        started = time.monotonic()
        assert ran_well(WAITS + program, server.url) == "end\n"
        assert time.monotonic() - started < 5


def test_exit_with_a_daemon_thread_inside_of_progress(server: Server) -> None:
    program = """
def work():
    while True:
        nn.call("test", {"url": url}, progress=lambda line: time.sleep(0.01))
threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
"""
    for _ in range(5):
        assert ran_well(WAITS + program, server.url) == ""


def test_calls_in_exit_handlers_of_the_user(server: Server) -> None:
    """A handler registered before the module was imported runs after ours."""
    program = """
import atexit, sys
def last():
    print(nn.run("ping", {"url": sys.argv[1]})["status"])
atexit.register(last)
import noetl_nats as nn
nn.run("ping", {"url": sys.argv[1]})
"""
    assert ran_well(program, server.url) == "success\n"


def test_what_was_acknowledged_is_not_lost_by_exit(server: Server) -> None:
    program = """
nn.run("stream_apply", {"url": url, "stream": "S", "config": {"subjects": ["s"]}})
nats = nn.connect(url)
for i in range(500):
    nats.publish("s", b"x")      # not flushed, not closed
"""
    ran_well(WAITS + program, server.url)
    count = """
info = nn.run("stream_info", {"url": url, "stream": "S"})
print(info["state"]["messages"])
"""
    assert ran_well(WAITS + count, server.url) == "500\n"


FORK = """
import os
nats = nn.connect(url)
nn.run("kv_bucket_apply", {"url": url, "bucket": "B"})
nats.kv_put("B", "k", b"parent")
def child():
    # The parent's client must say so rather than hang; what is opened here works.
    assert nn.run("kv_get", {"url": url, "bucket": "B", "key": "k"})["value"] == "parent"
    with nn.connect(url) as own:
        own.kv_put("B", "child", b"1")
        assert own.kv_get("B", "child").value == b"1"
    try:
        nats.kv_get("B", "k", timeout=2)
        return
    except nn.FailedPreconditionError as error:
        assert "fork" in error.message, error
"""


def test_fork(server: Server) -> None:
    program = """
pid = os.fork()
if pid == 0:
    try:
        child()
    except BaseException:
        import traceback; traceback.print_exc()
        os._exit(1)
    sys.exit(0)
_, status = os.waitpid(pid, 0)
assert status == 0, status
assert nats.kv_get("B", "k").value == b"parent"
assert nats.kv_get("B", "child").value == b"1"
"""
    ran_well(WAITS + FORK + program, server.url)


def test_fork_while_threads_are_inside_of_calls(server: Server) -> None:
    program = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)   # fork with threads is what is tested
def work():
    while True:
        nn.call("kv_get", {"url": url, "bucket": "B", "key": "k"})
for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.1)
for _ in range(10):
    pid = os.fork()
    if pid == 0:
        try:
            child()
        except BaseException:
            import traceback; traceback.print_exc()
            os._exit(1)
        sys.exit(0)
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
"""
    ran_well(WAITS + FORK + program, server.url)


def test_multiprocessing_by_fork(server: Server) -> None:
    program = """
import multiprocessing
def square(n):
    nn.run("kv_put", {"url": url, "bucket": "B", "key": f"k{n}", "value": n * n})
    return nn.run("kv_get", {"url": url, "bucket": "B", "key": f"k{n}"})["value"]
with multiprocessing.get_context("fork").Pool(4) as pool:
    assert pool.map(square, range(40)) == [n * n for n in range(40)]
"""
    ran_well(WAITS + FORK + program, server.url)


def test_thirty_two_threads(server: Server) -> None:
    program = """
from concurrent.futures import ThreadPoolExecutor
nn.run("kv_bucket_apply", {"url": url, "bucket": "B"})
def work(n):
    for i in range(20):
        nn.run("kv_put", {"url": url, "bucket": "B", "key": f"k{n}", "value": i})
        assert nn.run("kv_get", {"url": url, "bucket": "B", "key": f"k{n}"})["value"] == i
    return n
with ThreadPoolExecutor(32) as pool:
    assert list(pool.map(work, range(32))) == list(range(32))
"""
    ran_well(WAITS + program, server.url)


def test_other_threads_run_while_a_call_waits(server: Server) -> None:
    program = """
count = 0
done = threading.Event()
def tick():
    global count
    while not done.is_set():
        count += 1
        time.sleep(0.01)
ticker = threading.Thread(target=tick)
ticker.start()
nn.call("request", {"url": url, "subject": "q", "payload": "", "timeout_ms": 1000})
done.set()
ticker.join()
print(count > 30)
"""
    assert ran_well(WAITS + program, server.url) == "True\n"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="interpreters of this Python cannot load such modules")
def test_sub_interpreters(server: Server) -> None:
    program = """
import _xxsubinterpreters as interpreters
for _ in range(2):
    one = interpreters.create()
    interpreters.run_string(one, "import noetl_nats as nn; nn.run('ping', {'url': %r})" % url)
    interpreters.destroy(one)
assert nn.run("ping", {"url": url})["status"] == "success"
"""
    ran_well(WAITS + program, server.url)


def test_import_brings_little(server: Server) -> None:
    """Modules that cost time stay out until somebody needs them; the time itself is a matter of the benchmark."""
    program = """
import sys
before = set(sys.modules)
import noetl_nats
heavy = {"typing", "dataclasses", "json", "asyncio", "inspect", "re", "noetl_nats._client", "noetl_nats.results"}
assert not (set(sys.modules) - before) & heavy, (set(sys.modules) - before) & heavy
"""
    ran_well(program)
