"""What the OpenAPI document cannot say about Kite, for Schemathesis.

Valid requests are made to fit the server's clock and what it holds, so that more of them reach the database; and of
the failures that are found, those are dropped that are no fault: a rule that JSON Schema has no words for was kept.
"""

import atexit
import base64
import json
import os
import time
import zlib
from collections import Counter
from datetime import datetime, timezone

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

# A valid request may be answered with 400 for these reasons alone, by the place in the request.
UNSAYABLE = {
    # Times are judged by the server's clock and by each other; the years also by the offset from UTC.
    "observedAt": ("lies more than five minutes in the future", "lies outside of the years"),
    "subjectCreatedAt": (
        "lies more than five minutes in the future",
        "lies more than five minutes after observedAt",
        "lies outside of the years",
    ),
    "dueAt": ("lies outside of the years",),
    "dueBefore": ("lies outside of the years",),
    "updatedSince": ("lies outside of the years",),
    "since": ("lies outside of the years",),
    "until": ("lies outside of the years",),
    "expiresAt": ("is over already", "lies outside of the years"),
    # JSON Schema counts characters, not bytes.
    "description": ("is longer than 65536 bytes",),
    # A list takes several, of which JSON Schema cannot say how long each may be.
    "namespace": ("is longer than 506 bytes", "is no namespace, nor several", "names more than 50 namespaces"),
    # A key that administers must reach all namespaces.
    "namespaces": ("does not hold *",),
    "resourceName": ("is longer than 1500 bytes", "identifies the issue and cannot be changed"),
    "pipelineName": ("is longer than 1500 bytes",),
    "pipelineId": ("is longer than 1500 bytes",),
    "application": ("is longer than 1500 bytes",),
    "releasePlan": ("is longer than 1500 bytes",),
    "resourceType": ("is longer than 500 bytes", "identifies the issue and cannot be changed"),
    # What identifies an issue may only be repeated unchanged.
    "issueType": ("identifies the issue and cannot be changed",),
    "cluster": ("identifies the issue and cannot be changed",),
    "resourceNamespace": ("identifies the issue and cannot be changed",),
    "relatedId": ("is the issue itself",),
    # A cursor is a text of the server's own.
    "cursor": ("is not a cursor of this list",),
}
# The body as a whole, with whatever else it holds: these rules go into what JSON Schema leaves open.
UNSAYABLE_OF_BODY = ("The body has a key __proto__", "The body is nested more than")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, RejectedPositiveData) and response.status_code == 400:
        return not is_unsayable(response.json())
    if isinstance(failure, AcceptedNegativeData) and case.path == "/api/v1/reports":
        # Each report of a batch is judged by itself: the batch is taken, and the bad report is named.
        return all(result["status"] != "rejected" for result in response.json()["results"])
    return True


def is_unsayable(error):
    if error["code"] == "invalid_json":
        return error["message"].startswith(UNSAYABLE_OF_BODY)
    problems = error["details"]
    return problems != [] and all(
        problem["message"].startswith(UNSAYABLE.get(problem["path"].split(".")[-1], ())) for problem in problems
    )


@schemathesis.check
def valid_reports_are_applied(ctx, response, case):
    """As `positive_data_acceptance`, for the entries of a batch."""
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    if case.path != "/api/v1/reports" or not is_positive or response.status_code != 200:
        return
    for result in response.json()["results"]:
        error = result.get("error")
        if error is not None and error["code"] != "namespace_mismatch" and not is_unsayable(error):
            raise AssertionError(f"A valid report was rejected: {json.dumps(result)}")


# How often each status answered valid and invalid requests; written for test/fuzz/run.sh at the end.
answers = Counter()


@atexit.register
def write_answers():
    if "KITE_FUZZ_ANSWERS" in os.environ:
        with open(os.environ["KITE_FUZZ_ANSWERS"], "w", encoding="utf-8") as file:
            file.writelines(f"{count} {kind} {status}\n" for (kind, status), count in sorted(answers.items(), reverse=True))


# What answers have told of, the newest last: ids of issues, and pairs of related ones.
known_issues = []
known_relations = []


@schemathesis.hook
def after_call(context, case, response):
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    answers["valid" if is_positive else "invalid", response.status_code] += 1
    ids = case.path_parameters or {}
    if response.status_code == 204 and case.method == "DELETE" and ids.get("id") in known_issues:
        if "relatedId" not in ids:
            known_issues.remove(ids["id"])
    if response.status_code != 201:
        return
    answer = response.json()
    if case.path.endswith("/related"):
        remember(known_relations, (ids["id"], case.body["relatedId"]))
    if case.path == "/api/v1/keys":
        return
    issue = answer.get("issue", answer) if isinstance(answer, dict) else None
    if isinstance(issue, dict) and "id" in issue:
        remember(known_issues, issue["id"])


def remember(known, value):
    if value in known:
        known.remove(value)
    known.append(value)
    del known[:-20]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # The same case is always changed in the same way.
    dice = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode("utf-8", "replace"))
    if isinstance(case.body, dict):
        for report in [case.body, *(case.body.get("reports") or [])]:
            put_into_the_past(report)
    if isinstance(case.query, dict) and "cursor" in case.query and dice % 4 > 0:
        case.query["cursor"] = cursor(case.query.get("sort"), dice)
    of_issue = case.path.startswith("/api/v1/issues/{id}")
    if case.meta.phase.name in ("fuzzing", "stateful") and of_issue and dice % 8 > 0:
        name_what_exists(case, dice)


def put_into_the_past(report):
    """Makes the times of a report ones that can be believed."""
    now = time.time()
    for name in ("observedAt", "subjectCreatedAt"):
        text = report.get(name) if isinstance(report, dict) else None
        if isinstance(text, str) and not text < datetime.fromtimestamp(now, timezone.utc).isoformat():
            age = zlib.crc32(text.encode()) % (200 * 86_400)
            report[name] = datetime.fromtimestamp(now - age, timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(report, dict) and isinstance(report.get("subjectCreatedAt"), str):
        report["observedAt"] = max(report.get("observedAt") or "", report["subjectCreatedAt"])


def cursor(sort, dice):
    """A cursor of the list, or of the timeline: long enough, and without a form of its own."""
    ids = known_issues or ["00000000-0000-4000-8000-000000000000"]
    values = {"severity": [dice % 5, dice], "dueAt": [8_640_000_000_000_000 if dice % 3 == 0 else dice * 500]}
    place = [sort or "detectedAt", values.get(sort, [dice * 500]), ids[dice % len(ids)]]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def name_what_exists(case, dice):
    """Asks for an issue that is there, in no other namespace than its own, and leaves alone what identifies it."""
    if isinstance(case.query, dict):
        case.query.pop("namespace", None)
    if case.method == "PUT" and isinstance(case.body, dict):
        for name in ("namespace", "cluster", "issueType", "scope"):
            case.body.pop(name, None)
    if case.path.endswith("/related") and known_issues and isinstance(case.body, dict):
        case.path_parameters["id"] = known_issues[dice % len(known_issues)]
        case.body["relatedId"] = known_issues[dice // 32 % len(known_issues)]
    if case.path.endswith("/{relatedId}") and known_relations:
        pair = known_relations[dice % len(known_relations)]
        case.path_parameters["id"], case.path_parameters["relatedId"] = pair if dice % 2 == 0 else pair[::-1]
