"""Who may do what, as far as functions are concerned: LocalStack stores roles and enforces nothing."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

# Access key -> its secret and the ARN of the function's role.
_issued: dict[str, tuple[str, str]] = {}

# The file of the authority that functions trust besides the public ones.
_authority: list[Path] = []


def trust(authority: Path) -> None:
    _authority[:] = [authority]


def trusted() -> Path | None:
    return _authority[0] if _authority else None


def remember(access_key: str, secret: str, role_arn: str) -> None:
    """Notes the credentials that a function was started with."""
    _issued[access_key] = (secret, role_arn)


def secret_of(access_key: str) -> str | None:
    found = _issued.get(access_key)
    return found and found[0]


def may_connect(access_key: str, resource_id: str, user: str) -> bool:
    """Whether the role's inline policies allow ``rds-db:connect`` as this user of this proxy."""
    from localstack.aws.connect import connect_to

    found = _issued.get(access_key)
    if found is None:
        return False
    account, role = found[1].split(":")[4], found[1].rpartition("/")[2]
    iam = connect_to(aws_access_key_id=account).iam
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for statement in _list(document["Statement"]):
            if (
                statement["Effect"] == "Allow"
                and "rds-db:connect" in _list(statement["Action"])
                and any(
                    fnmatchcase(f"dbuser:{resource_id}/{user}", resource.split(":", 5)[-1])
                    for resource in _list(statement["Resource"])
                )
            ):
                return True
    return False


def _list(value):
    return value if isinstance(value, list) else [value]
