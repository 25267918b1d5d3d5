"""The vector is made with another implementation: botocore's signer."""

import unittest
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from kite_localstack.rds_token import complaint, key_of

ENDPOINT = "127.0.0.1:5432"


def token(user="kite_app", endpoint=ENDPOINT, secret="hidden", seconds=900):
    request = AWSRequest("GET", f"https://{endpoint}/?Action=connect&DBUser={user}")
    signer = SigV4QueryAuth(Credentials("AKID", secret, "a/session+token="), "rds-db", "eu-west-1", seconds)
    signer.add_auth(request)
    return request.prepare().url.removeprefix("https://")


class RdsTokenTest(unittest.TestCase):
    def complaint(self, text, user="kite_app", later=timedelta()):
        secrets = {"AKID": "hidden"}
        return complaint(text, ENDPOINT, user, secrets.get, datetime.now(UTC) + later)

    def test_takes_what_another_implementation_signed(self):
        self.assertIsNone(self.complaint(token()))
        self.assertEqual(key_of(token()), "AKID")

    def test_refuses_what_is_for_another_place_or_user(self):
        self.assertIn("it is for other:5432", self.complaint(token(endpoint="other:5432")))
        self.assertIn("it is for kite_owner", self.complaint(token(user="kite_owner")))

    def test_refuses_another_key(self):
        self.assertEqual(self.complaint(token(secret="guessed")), "its signature is wrong")
        self.assertEqual(self.complaint(token().replace("AKID", "AKIE")), "nobody has the access key AKIE")

    def test_refuses_what_is_too_old_or_good_for_too_long(self):
        self.assertEqual(self.complaint(token(), later=timedelta(seconds=901)), "it has expired")
        self.assertEqual(self.complaint(token(seconds=3600)), "it has expired")

    def test_refuses_what_is_no_token(self):
        self.assertIsNotNone(self.complaint("a password"))
        self.assertIsNotNone(self.complaint(""))


if __name__ == "__main__":
    unittest.main()
