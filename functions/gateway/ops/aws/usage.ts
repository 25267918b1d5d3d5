/** What the commands on deployed functions say of themselves. */
export const functionsUsage = `Calls and watches the functions of an installation on AWS. These commands need a checkout, and what AWS's own tools need:
credentials in the environment or a profile, and a region.

  ops invoke OPERATION [--path NAME=VALUE …] [--query NAME=VALUE …] [--header NAME=VALUE …] [--body JSON|-] …
  ops invoke FUNCTION [--payload JSON|-] …
  ops migrate [--check] …
  ops tail OPERATION|FUNCTION [--since 10m] [--follow] …

OPERATION is one of the table in docs/api.md, such as issues.list: it is called as API Gateway would call it, past
API Gateway. FUNCTION is any other of the stack: scheduled.retention, scheduled.words, database.key; or the whole name of
one. With "-", JSON is read from standard input. KITE_TOKEN is shown as the token or the API key of the caller.

  --stack NAME          the stack (kite-prod)
  --region REGION       else AWS_REGION, or the profile's
  --endpoint-url URL    another endpoint than AWS, such as LocalStack; else AWS_ENDPOINT_URL
  --check               changes nothing: says which migrations would be applied

  ops invoke issues.list --query namespace=team-a --query state=ACTIVE
  ops invoke issues.get --path id=018f3c1e-7b2a-7c3d-9e4f-5a6b7c8d9e0f
  ops invoke scheduled.retention
  ops migrate --check
  ops tail reports.apply --since 2h --follow

An answer goes to standard output, all else to standard error. Ends with 0 when it went well, with 1 when it failed or the
answer is an error, with 2 when the command line is not understood.
`;
