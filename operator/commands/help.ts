export const help = `Watches a cluster and reports to Kite what fails in it, and what passes again.

Usage
  operator [--kubeconfig FILE] [--context NAME] [--config FILE] [--once] [--dry-run] [--json]
  operator dead-letter list|show|retry|drop [ID...] [--all] [--config FILE] [--json]

Options
  --kubeconfig FILE  the cluster; without it the pod's own, else $KUBECONFIG or ~/.kube/config
  --context NAME     a context of that file, if not the current one
  --config FILE      the configuration (YAML), if not $KITE_OPERATOR_CONFIG; everything has a default
  --once             lists, reports, prints a summary and ends; not with 0 when something could not be sent
  --dry-run          prints what it would report, and why not; sends nothing and writes no journal
  --json             prints JSON instead of text, with --once, --dry-run and dead-letter
  --help, --version

Dead letters are reports that Kite refused for good. They stay in the journal until somebody decides:
  list               all of them, with Kite's reason
  show ID            one as it was sent
  retry ID...|--all  sends them again, for instance after Kite was corrected
  drop ID...|--all   forgets them
The first characters of an id are enough.

Examples
  operator --kubeconfig ~/.kube/config --once --dry-run
      what it would report now, and why not
  operator --kubeconfig ~/.kube/config
      reports to Kite on this machine (http://127.0.0.1:8080, as npm start has it) until Ctrl-C
  operator --kubeconfig ~/.kube/config --config operator.yaml --once
      one pass with settings of your own
  operator --dry-run --once --json | jq 'select(.reports != [])'
      all that would be reported, as it would be sent
  operator dead-letter retry 3f2a 91bc
      sends two of them again

From a checkout it is "npm run --silent operator -- " and the same arguments.
docs/operator.md explains the settings, the metrics and what can be lost when.
`;
