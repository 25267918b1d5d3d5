/** What somebody does who has just deployed, by the names of outputs: a first key, does it work, and who reports. */
export function nextCommands(stack: string, url: string): Readonly<Record<string, string>> {
  const key = JSON.stringify({
    name: 'first',
    may: ['read', 'report', 'act', 'admin'],
    namespaces: ['*'],
    clusters: ['*'],
  });
  return {
    NextKey: `npm run ops -- invoke database.key --stack ${stack} --payload '${key}'`,
    NextSmoke: `KITE_TOKEN=KEY npm run smoke -- --url ${url}`,
    NextOperator: `printf 'kite:\\n  url: ${url}\\n  tokenFile: ./token\\n' > operator.yaml && npm run operator -- --config operator.yaml`,
  };
}
