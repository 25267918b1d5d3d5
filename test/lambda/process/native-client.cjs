// Stands in for the compiled half of the runtime interface client, rapid-client.node, which posts the answers. The other
// half, which asks for the next event, is plain JavaScript (AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1).
const http = require('node:http');
const Module = require('node:module');

const agent = new http.Agent({ keepAlive: true, maxSockets: 1, noDelay: true });

function post(id, what, body, headers) {
  const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
  const data = Buffer.from(body, 'utf8');
  const request = http.request({
    agent,
    hostname,
    port,
    method: 'POST',
    path: `/2018-06-01/runtime/invocation/${id}/${what}`,
    headers: { 'content-type': 'application/json', 'content-length': data.length, ...headers },
  });
  request.on('response', (response) => response.resume());
  // The Runtime API is gone: so is whoever started this process.
  request.on('error', () => process.exit(1));
  request.end(data);
}

const nativeClient = {
  initializeClient: () => undefined,
  done: (id, body) => post(id, 'response', body, {}),
  error(id, body, xray) {
    const { errorType = 'Error' } = JSON.parse(body);
    const headers = { 'lambda-runtime-function-error-type': errorType };
    if (xray) headers['lambda-runtime-function-xray-error-cause'] = xray.replace(/[\r\n]/g, ' ');
    post(id, 'error', body, headers);
  },
  next: () => Promise.reject(new Error('not to be had without the native client')),
};

const load = Module._load;
Module._load = function loadOr(request, ...rest) {
  return request === './rapid-client.node' ? nativeClient : load.call(this, request, ...rest);
};
