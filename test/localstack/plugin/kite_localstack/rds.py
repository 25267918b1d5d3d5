"""CloudFormation's RDS types on a Postgres server that is already running.

LocalStack's community edition has no RDS: its CloudFormation engine marks the types as created,
but their attributes are the word "unknown". With these providers an ``AWS::RDS::DBInstance`` is
a role and a database of that server, and an ``AWS::RDS::DBProxy`` a proxy in front of it.

``LOCAL_POSTGRES_URL``   a superuser's URL; his name must be another one than the instance's user
``LOCAL_RDS_PROXY``      ``address:port`` for the proxy; there can be one
``FILESYSTEM_ROOT``      below it the proxy's certificate is made, in ``tls/``
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from localstack.aws.connect import connect_to
from localstack.runtime import hooks
from localstack.services.cloudformation.resource_provider import ProgressEvent, ResourceRequest

from . import principals, rds_token
from .certificate import server_context
from .local_provider import LocalProvider, plugin_of, success
from .rds_proxy import RdsProxy, Rules


def configured() -> bool:
    return bool(os.environ.get("LOCAL_POSTGRES_URL"))


def server() -> tuple[str, int]:
    url = urlsplit(os.environ["LOCAL_POSTGRES_URL"])
    return url.hostname or "127.0.0.1", url.port or 5432


def proxy_address() -> tuple[str, int]:
    host, _, port = os.environ["LOCAL_RDS_PROXY"].rpartition(":")
    return host, int(port)


def arn(request: ResourceRequest, kind: str, name: str) -> str:
    return f"arn:aws:rds:{request.region_name}:{request.account_id}:{kind}:{name}"


class DBSubnetGroupProvider(LocalProvider):
    TYPE = "AWS::RDS::DBSubnetGroup"
    identifier = "DBSubnetGroupName"


class DBParameterGroupProvider(LocalProvider):
    TYPE = "AWS::RDS::DBParameterGroup"
    identifier = "DBParameterGroupName"


class DBInstanceProvider(LocalProvider):
    TYPE = "AWS::RDS::DBInstance"
    identifier = "DBInstanceIdentifier"

    def fill(self, model: dict, request: ResourceRequest) -> None:
        host, port = server()
        _create_database(
            model.get("DBName") or "postgres", model["MasterUsername"], model["MasterUserPassword"]
        )
        identifier = model[self.identifier]
        model["Endpoint"] = {"Address": host, "Port": str(port), "HostedZoneId": "Z00000000"}
        model["DBInstanceArn"] = arn(request, "db", identifier)
        model["DbiResourceId"] = f"db-{identifier}"


class DBProxyProvider(LocalProvider):
    TYPE = "AWS::RDS::DBProxy"
    identifier = "DBProxyName"
    running: RdsProxy | None = None

    def fill(self, model: dict, request: ResourceRequest) -> None:
        host, port = proxy_address()
        resource_id = f"prx-{model[self.identifier]}"
        secrets = [auth["SecretArn"] for auth in model["Auth"]]

        def complaint(user: str, token: str) -> str | None:
            wrong = rds_token.complaint(
                token, f"{host}:{port}", user, principals.secret_of, datetime.now(UTC)
            )
            if wrong is None and not principals.may_connect(rds_token.key_of(token), resource_id, user):
                return "the function's role may not connect as this user"
            return wrong

        tls, authority = server_context(host, Path(os.environ["FILESYSTEM_ROOT"]) / "tls")
        DBProxyProvider.running = RdsProxy(
            (host, port), tls, server(), Rules(complaint, lambda user: _password(secrets, user))
        )
        principals.trust(authority)
        model["Endpoint"] = host
        model["DBProxyArn"] = arn(request, "db-proxy", resource_id)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        if DBProxyProvider.running:
            DBProxyProvider.running.close()
            DBProxyProvider.running = None
        return super().delete(request)


class DBProxyTargetGroupProvider(LocalProvider):
    TYPE = "AWS::RDS::DBProxyTargetGroup"
    identifier = "TargetGroupArn"

    def fill(self, model: dict, request: ResourceRequest) -> None:
        name = model.get("DBProxyName", "default")
        model["TargetGroupArn"] = arn(request, "target-group", f"prx-tg-{name}")


def _create_database(name: str, owner: str, password: str) -> None:
    """A database and its owner, who may do what the service's master user may: not all."""
    from pg8000.native import Connection, identifier, literal

    url = urlsplit(os.environ["LOCAL_POSTGRES_URL"])
    host, port = server()
    connection = Connection(
        unquote(url.username or "postgres"),
        host=host,
        port=port,
        database="postgres",
        password=unquote(url.password or ""),
    )
    try:
        if not connection.run("select from pg_roles where rolname = :owner", owner=owner):
            connection.run(f"create role {identifier(owner)} login createdb createrole")
        connection.run(f"alter role {identifier(owner)} password {literal(password)}")
        if connection.run("select from pg_database where datname = :name", name=name):
            connection.run(f"alter database {identifier(name)} owner to {identifier(owner)}")
        else:
            connection.run(f"create database {identifier(name)} owner {identifier(owner)}")
    finally:
        connection.close()


def _password(secrets: list[str], user: str) -> str | None:
    """What the proxy's secrets say at this moment."""
    for arn in secrets:
        region, account = arn.split(":")[3:5]
        client = connect_to(aws_access_key_id=account, region_name=region).secretsmanager
        secret = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
        if secret.get("username") == user:
            return secret["password"]
    return None


DBSubnetGroupPlugin = plugin_of(DBSubnetGroupProvider)
DBParameterGroupPlugin = plugin_of(DBParameterGroupProvider)
DBInstancePlugin = plugin_of(DBInstanceProvider)
DBProxyPlugin = plugin_of(DBProxyProvider)
DBProxyTargetGroupPlugin = plugin_of(DBProxyTargetGroupProvider)


@hooks.on_infra_start(should_load=configured)
def attach_secrets_as_the_service_does() -> None:
    """``Ref`` of a SecretTargetAttachment is the secret's ARN, and the secret then carries the
    connection; LocalStack returns a made-up name instead."""
    from localstack.services.secretsmanager.resource_providers import (
        aws_secretsmanager_secrettargetattachment as attachment,
    )

    def create(self, request: ResourceRequest) -> ProgressEvent:
        model = request.desired_state
        secrets = request.aws_client_factory.secretsmanager
        current = json.loads(secrets.get_secret_value(SecretId=model["SecretId"])["SecretString"])
        host, port = server()
        current |= {"engine": "postgres", "host": host, "port": port}
        current |= {"dbInstanceIdentifier": model["TargetId"]}
        secrets.put_secret_value(SecretId=model["SecretId"], SecretString=json.dumps(current))
        model["Id"] = model["SecretId"]
        return success(model, request)

    attachment.SecretsManagerSecretTargetAttachmentProvider.create = create
