"""A gateway server that honours the host part of ``GATEWAY_LISTEN``.

LocalStack's own server binds every IPv4 interface whatever host is configured, because it
expects the container to be the boundary. Without one that would put an unauthenticated cloud
on the network, so here the port is opened on the configured interface only, and without TLS.
"""

from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.serving.twisted import TwistedGateway
from twisted.internet import endpoints, reactor


class LoopbackRuntimeServer(TwistedRuntimeServer):
    def register(self, gateway, listen, ssl_creds=None):
        site = TwistedGateway(gateway)
        for address in listen:
            endpoints.TCP4ServerEndpoint(reactor, address.port, interface=address.host).listen(site)
