"""The one type of a network with a NAT gateway that LocalStack does not have."""

from __future__ import annotations

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .local_provider import LocalProvider, plugin_of


class EIPProvider(LocalProvider):
    TYPE = "AWS::EC2::EIP"
    identifier = "AllocationId"

    def fill(self, model: dict, request: ResourceRequest) -> None:
        address = request.aws_client_factory.ec2.allocate_address(Domain="vpc")
        model["AllocationId"] = address["AllocationId"]
        model["PublicIp"] = address["PublicIp"]


EIPPlugin = plugin_of(EIPProvider)
