import { Duration, aws_iam as iam, type aws_lambda as lambda } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Operation } from '../../core/contract/operation.ts';
import { tokenSecrets } from '../asked-elsewhere.ts';
import { type OperationClass, planOperations, sizes, workSizes } from '../capacity.ts';
import type { DeployConfig } from '../config.ts';
import type { Database, DatabaseUser } from './database.ts';
import { KiteFunction } from './function.ts';
import type { Network } from './network.ts';
import type { Periodic } from './schedule.ts';

export interface FunctionsProps {
  readonly stackName: string;
  readonly config: DeployConfig;
  readonly bundles: string;
  /** Undefined: outside of any network. */
  readonly network: Network | undefined;
  /** Undefined: that of the configuration's URL. */
  readonly database: Database | undefined;
}

/** An operation, and the function that carries it out. */
export interface Handler {
  readonly operation: Operation;
  readonly class: OperationClass;
  readonly lambda: lambda.Function;
}

interface Request {
  readonly description: string;
  readonly size: { readonly memory: number; readonly seconds: number };
  readonly concurrency: number | undefined;
  /** Who it is to the database; undefined: nobody, and it does not reach it. */
  readonly user: DatabaseUser | undefined;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly statements?: readonly iam.PolicyStatement[];
}

/** Makes the functions of a stack: which there are, and what each is given. */
export class Functions {
  private readonly scope: Construct;
  private readonly props: FunctionsProps;

  constructor(scope: Construct, props: FunctionsProps) {
    this.scope = scope;
    this.props = props;
  }

  /** One for each operation of the API. */
  handlers(): Handler[] {
    const { config } = this.props;
    const files = { 'access.json': JSON.stringify(config.access) };
    const tokens = tokenSecrets(config.access);
    return planOperations(config).map(({ id, operation, class: own, asksDatabase, concurrency }) => ({
      operation,
      class: own,
      lambda: this.make(id.replace('.', '/'), {
        description: operation.summary,
        size: sizes[own],
        concurrency,
        user: asksDatabase ? 'kite_app' : undefined,
        files,
        environment: { KITE_ACCESS: 'access.json' },
        statements: operation.access === 'public' ? [] : mayRead(tokens),
      }).lambda,
    }));
  }

  /** @param deadLetters the ARN of the queue for what they fail at */
  periodic(deadLetters: string): Periodic[] {
    const statements = [new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters] })];
    const work = [
      {
        name: 'retention',
        every: Duration.hours(1),
        user: 'kite_owner',
        description: 'Drops history that is over.',
      },
      {
        name: 'words',
        every: Duration.minutes(1),
        user: 'kite_app',
        description: 'Takes words into the search.',
      },
    ] as const;
    return work.map(({ name, every, user, description }) => ({
      name,
      every,
      lambda: this.make(`scheduled/${name}`, {
        description,
        size: workSizes[name],
        concurrency: this.one,
        user,
        statements,
      }).lambda,
    }));
  }

  migrate(): KiteFunction {
    const { database } = this.props;
    const secret = database?.appSecret.secretArn;
    return this.make('database/migrate', {
      description: 'Brings the database to what this version needs.',
      size: workSizes.migrate,
      concurrency: this.one,
      user: 'kite_owner',
      environment: {
        // When a deployment goes back, what it has migrated stays.
        KITE_NEWER_DATABASE: 'accept',
        ...(secret !== undefined && { KITE_APP_SECRET_ARN: secret }),
        // With another instance this is another version of the function, and so the deployment runs it.
        ...(database !== undefined && { DATABASE_INSTANCE: database.instanceIdentifier }),
      },
      statements: secret === undefined ? [] : mayRead([secret]),
    });
  }

  key(): KiteFunction {
    return this.make('database/key', {
      description: 'Makes an API key for whoever may invoke it: the first one.',
      size: workSizes.key,
      concurrency: this.one,
      user: 'kite_app',
    });
  }

  /** One container at most, where containers are counted. */
  private get one(): number | undefined {
    return this.props.config.concurrency === 'account' ? undefined : 1;
  }

  private make(bundle: string, request: Request): KiteFunction {
    const { stackName, config, bundles, network, database } = this.props;
    const { user, size, environment, statements = [] } = request;
    return new KiteFunction(this.scope, bundle.replace('/', '-'), {
      bundle,
      bundles,
      description: request.description,
      ...size,
      concurrency: request.concurrency,
      files: request.files ?? {},
      logDays: config.logDays,
      network: user === undefined ? undefined : network,
      environment: {
        ...config.environment,
        KITE_SERVICE: stackName,
        KITE_REQUEST_TIMEOUT: `${size.seconds - 1}s`,
        KITE_DATABASE_CONNECTIONS: '1',
        ...(database === undefined
          ? { DATABASE_URL: 'url' in config.database ? config.database.url : '' }
          : { DATABASE_URL: database.urlFor(user ?? 'kite_app'), KITE_DATABASE_AUTH: 'iam' }),
        ...environment,
      },
      statements: [
        ...(database === undefined || user === undefined ? [] : [database.connecting(user)]),
        ...statements,
      ],
    });
  }
}

function mayRead(secrets: readonly string[]): iam.PolicyStatement[] {
  return secrets.length === 0
    ? []
    : [new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [...secrets] })];
}
