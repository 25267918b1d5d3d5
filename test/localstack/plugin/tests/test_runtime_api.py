"""The Runtime API on its own: needs neither LocalStack nor Node.

    PYTHONPATH=src python -m unittest discover tests
"""

import http.client
import threading
import unittest

from kite_localstack.runtime_api import (
    MAX_RESPONSE_BYTES,
    PREFIX,
    Call,
    InitError,
    RuntimeApi,
)


class RuntimeApiTest(unittest.TestCase):
    def setUp(self):
        self.api = RuntimeApi()
        self.addCleanup(self.api.close)

    def request(self, method, path, body=None, **kwargs):
        connection = http.client.HTTPConnection(self.api.address, timeout=5)
        self.addCleanup(connection.close)
        connection.request(method, PREFIX + path, body, **kwargs)
        response = connection.getresponse()
        return response, response.read()

    def call(self, request_id="r1", payload=b'{"a":1}'):
        call = Call(request_id, payload, "arn:fn", 1234, "Root=1")
        self.api.offer(call)
        return call

    def test_hands_out_an_event_and_takes_the_answer(self):
        call = self.call()
        response, body = self.request("GET", "invocation/next")
        self.assertEqual((response.status, body), (200, b'{"a":1}'))
        self.assertEqual(response.getheader("Lambda-Runtime-Aws-Request-Id"), "r1")
        self.assertEqual(response.getheader("Lambda-Runtime-Deadline-Ms"), "1234")
        response, _ = self.request("POST", "invocation/r1/response", b'"ok"')
        self.assertEqual(response.status, 202)
        self.assertEqual(call.result.result(1), (False, b'"ok"'))

    def test_next_waits_for_an_event(self):
        got = []
        thread = threading.Thread(
            target=lambda: got.append(self.request("GET", "invocation/next")[1])
        )
        thread.start()
        self.api.started.result(5)  # asking for the first event is the end of the start
        self.assertEqual(got, [])
        self.call(payload=b"late")
        thread.join(5)
        self.assertEqual(got, [b"late"])

    def test_closing_releases_a_waiting_process(self):
        status = []
        thread = threading.Thread(
            target=lambda: status.append(self.request("GET", "invocation/next")[0].status)
        )
        thread.start()
        self.api.started.result(5)
        self.api.close()
        thread.join(5)
        self.assertEqual(status, [410])

    def test_error_answer(self):
        call = self.call()
        self.request("GET", "invocation/next")
        self.request("POST", "invocation/r1/error", b'{"errorType":"X"}')
        self.assertEqual(call.result.result(1), (True, b'{"errorType":"X"}'))

    def test_init_error(self):
        self.request("POST", "init/error", b'{"errorType":"Boom"}')
        with self.assertRaises(InitError) as caught:
            self.api.started.result(1)
        self.assertEqual(caught.exception.body, b'{"errorType":"Boom"}')

    def test_an_answer_to_another_invocation_is_refused(self):
        call = self.call()
        self.request("GET", "invocation/next")
        response, _ = self.request("POST", "invocation/other/response", b"1")
        self.assertEqual(response.status, 400)
        self.assertFalse(call.result.done())

    def test_too_large_an_answer(self):
        call = self.call()
        self.request("GET", "invocation/next")
        response, _ = self.request(
            "POST", "invocation/r1/response", b"x" * (MAX_RESPONSE_BYTES + 1)
        )
        self.assertEqual(response.status, 413)
        is_error, body = call.result.result(1)
        self.assertTrue(is_error)
        self.assertIn(b"Function.ResponseSizeTooLarge", body)

    def test_streamed_answer(self):
        call = self.call()
        self.request("GET", "invocation/next")
        self.request(
            "POST", "invocation/r1/response", iter([b"one ", b"two"]), encode_chunked=True,
            headers={"Transfer-Encoding": "chunked"},
        )
        self.assertEqual(call.result.result(1), (False, b"one two"))

    def test_unknown_path(self):
        self.assertEqual(self.request("GET", "nope")[0].status, 404)
        self.assertEqual(self.request("POST", "nope", b"")[0].status, 404)


if __name__ == "__main__":
    unittest.main()
