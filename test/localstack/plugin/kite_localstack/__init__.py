"""LocalStack plugin: Node.js functions as local processes, and RDS on a Postgres that is lent."""
