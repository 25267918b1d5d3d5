import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, vi } from 'vitest';
import { readDeployConfig } from '../../infra/config.ts';
import { KiteStack } from '../../infra/stacks/kite.ts';
import { makeBundles } from './bundles.ts';
import { cdkContext, configText } from './configuration.ts';

// The first template of a process takes half a minute where two others run beside it.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Makes stacks in a place of the file's own, with bundles that do nothing: a template says nothing of what is in them. */
export function useSynth() {
  const place = mkdtempSync(join(tmpdir(), 'kite-infra-'));
  const bundles = makeBundles(join(place, 'bundles'));
  afterAll(() => rmSync(place, { recursive: true, force: true }));
  let made = 0;
  return {
    stack,
    template: (...of: Parameters<typeof stack>): Template => Template.fromStack(stack(...of)),
  };

  /** @param changes replace settings of that configuration */
  function stack(name: string, changes: Readonly<Record<string, unknown>> = {}): KiteStack {
    made += 1;
    const app = new App({ context: cdkContext, outdir: join(place, `out-${made}`) });
    const text = JSON.stringify({ ...(JSON.parse(configText(name)) as object), ...changes });
    return new KiteStack(app, `kite-${name}`, { config: readDeployConfig(text, name), bundles });
  }
}

/** A resource as the template has it; its properties are read by who knows its type. */
interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
}

export function readTemplate(template: () => Template) {
  const resources = (type: string): [id: string, Resource][] =>
    Object.entries(template().findResources(type) as Record<string, Resource>);
  return {
    resources,
    /** The properties of the only resource of a type. */
    only(type: string): Resource['Properties'] {
      const [[, one] = ['', undefined], ...more] = resources(type);
      if (one === undefined || more.length > 0) {
        throw new Error(`There is not one ${type}.`);
      }
      return one.Properties;
    },
  };
}
