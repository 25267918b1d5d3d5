"""API Gateway's own answers in the words of the stack's gateway responses, which LocalStack stores and does not use."""

from __future__ import annotations

import re

from localstack.runtime import hooks

HEADER = "gatewayresponse.header."


@hooks.on_infra_start()
def use_gateway_responses() -> None:
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
        get_gateway_response_or_default,
    )
    from localstack.services.apigateway.next_gen.execute_api.handlers.gateway_exception import (
        GatewayExceptionHandler,
    )

    usual = GatewayExceptionHandler.create_exception_response

    def create(self, exception, context):
        response = usual(self, exception, context)
        stated = get_gateway_response_or_default(
            exception.type, context.deployment.rest_api.gateway_responses
        )
        variables = context.context_variables
        if template := (stated.get("responseTemplates") or {}).get("application/json"):
            response.set_data(filled(template, variables))
        for name, value in (stated.get("responseParameters") or {}).items():
            if name.startswith(HEADER):
                response.headers[name.removeprefix(HEADER)] = header(value, variables)
        return response

    GatewayExceptionHandler.create_exception_response = create


def filled(template: str, variables: dict) -> str:
    return re.sub(r"\$context\.([\w.]+)", lambda found: variable(found[1], variables), template)


def header(value: str, variables: dict) -> str:
    """``'a constant'`` or ``context.a.variable``."""
    if value.startswith("'"):
        return value.strip("'")
    return variable(value.removeprefix("context."), variables)


def variable(path: str, variables: dict) -> str:
    found = variables
    for name in path.split("."):
        found = (found or {}).get(name)
    return "" if found is None else str(found)
