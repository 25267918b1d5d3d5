"""What the providers of this plugin have in common."""

from __future__ import annotations

from localstack.services.cloudformation import provider_utils
from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)


class LocalProvider(ResourceProvider):
    """Keeps the properties as given; a subclass adds the read-only ones."""

    identifier: str

    def __init_subclass__(cls) -> None:
        cls.SCHEMA = {
            "typeName": cls.TYPE,
            "primaryIdentifier": [f"/properties/{cls.identifier}"],
            "properties": {},
        }

    def fill(self, model: dict, request: ResourceRequest) -> None:
        pass

    def create(self, request: ResourceRequest) -> ProgressEvent:
        model = request.desired_state
        if not model.get(self.identifier):
            model[self.identifier] = provider_utils.generate_default_name(
                request.stack_name, request.logical_resource_id
            ).lower()
        self.fill(model, request)
        return success(model, request)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        return success({**request.previous_state, **request.desired_state}, request)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        return success(request.desired_state, request)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        return success(request.desired_state, request)


def success(model: dict, request: ResourceRequest) -> ProgressEvent:
    return ProgressEvent(
        status=OperationStatus.SUCCESS,
        resource_model=model,
        custom_context=request.custom_context,
    )


def plugin_of(provider: type[LocalProvider]) -> type[CloudFormationResourceProviderPlugin]:
    """The entry point of a provider."""

    class Plugin(CloudFormationResourceProviderPlugin):
        name = provider.TYPE

        def __init__(self) -> None:
            self.factory = None

        def load(self) -> None:
            self.factory = provider

    Plugin.__name__ = f"{provider.__name__}Plugin"
    return Plugin
