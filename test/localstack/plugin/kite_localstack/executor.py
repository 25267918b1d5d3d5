"""Runs a Lambda execution environment as a local Node.js process.

``LAMBDA_PROCESS_RIC``      directory of the npm package ``aws-lambda-ric``
``LAMBDA_PROCESS_STARTER``  directory of ``bootstrap.mjs`` and ``native-client.cjs``, which start it
``LAMBDA_PROCESS_NODE``     node executable
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import (
    LambdaRuntimeException,
    RuntimeExecutor,
)

from . import principals
from .output import Output
from .runtime_api import Call, InitError, RuntimeApi, deadline

LOG = logging.getLogger(__name__)

HOST = "127.0.0.1"
MAX_KEPT_LOG_BYTES = 1024 * 1024


def setting(name: str) -> Path:
    path = Path(os.environ.get(name, ""))
    if not path.is_absolute() or not path.exists():
        raise LambdaRuntimeException(f"{name} must be an absolute path that exists")
    return path


class ProcessRuntimeExecutor(RuntimeExecutor):
    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._api: RuntimeApi | None = None
        self._process: subprocess.Popen | None = None
        self._output: Output | None = None
        self._env: dict[str, str] = {}
        self._pending = b""  # output of a process that is gone, for the next log
        self._kept_logs = b""
        self._stopped = False

    # --- life cycle --------------------------------------------------------

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        runtime = function_version.config.runtime or "container image"
        if not runtime.startswith("nodejs"):
            raise LambdaRuntimeException(f"the process executor runs nodejs only, not {runtime}")
        cls.validate()
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        pass

    @classmethod
    def validate_environment(cls) -> bool:
        try:
            cls.validate()
        except LambdaRuntimeException as e:
            LOG.warning("%s", e)
            return False
        return True

    @staticmethod
    def validate() -> None:
        for name in ("LAMBDA_PROCESS_RIC", "LAMBDA_PROCESS_STARTER", "LAMBDA_PROCESS_NODE"):
            setting(name)

    def start(self, env_vars: dict[str, str]) -> None:
        self._env = {k: str(v) for k, v in env_vars.items()}
        principals.remember(
            self._env["AWS_ACCESS_KEY_ID"],
            self._env["AWS_SECRET_ACCESS_KEY"],
            self.function_version.config.role,
        )
        try:
            self._spawn()
        except InitError as e:
            raise StatusErrorException("Environment startup failed", payload=e.body) from e

    def stop(self) -> None:
        self._stopped = True
        self._kill()

    # --- addresses ---------------------------------------------------------

    def get_address(self) -> str:
        return HOST

    def get_endpoint_from_executor(self) -> str:
        return HOST

    def get_runtime_endpoint(self) -> str:
        # Unused: the Runtime API lives in this process, there is no init binary to call back.
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    # --- invocation --------------------------------------------------------

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        timeout = self.function_version.config.timeout
        memory = self.function_version.config.memory_size
        started = time.perf_counter()
        try:
            if not self._alive():
                self._spawn()  # after a crash or a timeout, as the service does
            call = Call(
                request_id=request_id,
                payload=payload["payload"].encode(),
                function_arn=payload["invoked-function-arn"],
                deadline_ms=deadline(timeout),
                trace_id=payload.get("trace-id", ""),
            )
            self._api.offer(call)
            is_error, body = self._await(call, timeout)
        except InitError as e:
            is_error, body = True, e.body

        elapsed = (time.perf_counter() - started) * 1000
        lines = self._take_output()
        self._kept_logs = (self._kept_logs + lines)[-MAX_KEPT_LOG_BYTES:]
        version = self.function_version.id.qualifier
        logs = (
            f"START RequestId: {request_id} Version: {version}\n"
            + lines.decode("utf-8", "replace")
            + ("" if not lines or lines.endswith(b"\n") else "\n")
            + f"END RequestId: {request_id}\n"
            + f"REPORT RequestId: {request_id}\tDuration: {elapsed:.2f} ms\t"
            + f"Billed Duration: {int(elapsed) + 1} ms\tMemory Size: {memory} MB\n"
        )
        return InvocationResult(request_id, body, is_error=is_error, logs=logs)

    def _await(self, call: Call, timeout: float) -> tuple[bool, bytes]:
        until = time.monotonic() + timeout
        exited = False
        while True:
            remaining = until - time.monotonic()
            try:
                # Wake up often: a process that dies does not answer.
                return call.result.result(max(0.0, min(remaining, 0.02)))
            except FutureTimeout:
                if exited:
                    return self._crashed(call)
                if not self._alive():
                    exited = True  # one more round for an answer already on the wire
                elif remaining <= 0:
                    self._kill()
                    return True, _error(
                        "Sandbox.Timedout",
                        f"RequestId: {call.request_id} Error: "
                        f"Task timed out after {timeout:.2f} seconds",
                    )

    def _crashed(self, call: Call) -> tuple[bool, bytes]:
        code = self._process.returncode if self._process else None
        self._kill()
        how = f"signal: {signal.Signals(-code).name}" if code and code < 0 else f"exit status {code}"
        return True, _error(
            "Runtime.ExitError",
            f"RequestId: {call.request_id} Error: Runtime exited with error: {how}",
        )

    # --- the process -------------------------------------------------------

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _spawn(self) -> None:
        self._kill()
        self._api = RuntimeApi()
        code = self.function_version.config.code.get_unzipped_code_location()
        env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "en_US.UTF-8"}
        if authority := principals.trusted():
            env["NODE_EXTRA_CA_CERTS"] = str(authority)
        env.update(self._env)
        env.update(
            AWS_LAMBDA_RUNTIME_API=self._api.address,
            AWS_EXECUTION_ENV=f"AWS_Lambda_{self.function_version.config.runtime}",
            LAMBDA_TASK_ROOT=str(code),
            LAMBDA_RUNTIME_DIR=str(setting("LAMBDA_PROCESS_RIC")),
            # The client's native half is replaced by native-client.cjs.
            AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1="true",
        )
        starter = setting("LAMBDA_PROCESS_STARTER")
        read_end, write_end = os.pipe()
        try:
            self._process = subprocess.Popen(
                [
                    str(setting("LAMBDA_PROCESS_NODE")),
                    "--require",
                    str(starter / "native-client.cjs"),
                    str(starter / "bootstrap.mjs"),
                    self.function_version.config.handler,
                ],
                cwd=code,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                start_new_session=True,
            )
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        self._output = Output(read_end)
        self._await_ready()

    def _await_ready(self) -> None:
        until = time.monotonic() + config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT
        api, process = self._api, self._process
        while True:
            try:
                return api.started.result(0.02)
            except InitError:
                self._keep_output()
                self._kill()
                raise
            except FutureTimeout:
                if self._stopped or time.monotonic() > until:
                    reason = "initialisation timed out"
                elif process.poll() is None:
                    continue
                else:
                    reason = f"Runtime exited with error: exit status {process.returncode}"
                self._keep_output()
                self._kill()
                raise InitError(_error("Runtime.ExitError", reason)) from None

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        output, self._output = self._output, None
        if output:
            # What was written before the end belongs to the invocation under way.
            self._pending += output.close()
        api, self._api = self._api, None
        if api:
            api.close()

    # --- output ------------------------------------------------------------

    def _take_output(self) -> bytes:
        lines, self._pending = self._pending, b""
        if output := self._output:
            lines += output.drain()
        return lines

    def _keep_output(self) -> None:
        lines = self._take_output()
        self._kept_logs = (self._kept_logs + lines)[-MAX_KEPT_LOG_BYTES:]
        if lines:
            LOG.warning("output of the failed start: %s", lines.decode("utf-8", "replace"))

    def get_logs(self) -> str:
        return self._kept_logs.decode("utf-8", "replace")


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
