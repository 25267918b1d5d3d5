/** One condition on the labels of an object. */
interface Requirement {
  readonly key: string;
  /** `in` and `not-in` one of the values; `present` and `absent` whatever the value. */
  readonly must: 'in' | 'not-in' | 'present' | 'absent';
  readonly values: readonly string[];
}

/** A label selector: all of its requirements hold. */
export type Selector = readonly Requirement[];

const key = '[A-Za-z0-9][A-Za-z0-9._/-]*';
const absent = new RegExp(`^!\\s*(${key})$`);
const compared = new RegExp(`^(${key})\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`);
const listed = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([A-Za-z0-9._,\\s-]*)\\)$`);
const present = new RegExp(`^(${key})$`);

/**
 * A selector as Kubernetes writes it, such as `app=a,tier!=b,env in (c, d),!legacy`. The empty one selects everything.
 *
 * @returns null where the text is no selector
 */
export function parseSelector(text: string): Selector | null {
  if (text.trim() === '') {
    return [];
  }
  const requirements = text.split(/,(?![^()]*\))/).map((one) => parseRequirement(one.trim()));
  return requirements.every((one) => one !== null) ? requirements : null;
}

function parseRequirement(text: string): Requirement | null {
  const [, without] = absent.exec(text) ?? [];
  if (without !== undefined) {
    return { key: without, must: 'absent', values: [] };
  }
  const [, of, operator, value] = compared.exec(text) ?? [];
  if (of !== undefined && value !== undefined) {
    return { key: of, must: operator === '!=' ? 'not-in' : 'in', values: [value] };
  }
  const [, among, word, values] = listed.exec(text) ?? [];
  if (among !== undefined && values !== undefined) {
    return {
      key: among,
      must: word === 'in' ? 'in' : 'not-in',
      values: values.split(',').map((one) => one.trim()),
    };
  }
  return present.test(text) ? { key: text, must: 'present', values: [] } : null;
}

/** Whether labels meet a selector. As in Kubernetes, `!=` and `notin` also hold where there is no such label. */
export function selects(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every((requirement) => holds(requirement, labels));
}

function holds({ key: name, must, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  const isListed = value !== undefined && values.includes(value);
  switch (must) {
    case 'in':
      return isListed;
    case 'not-in':
      return !isListed;
    case 'present':
      return value !== undefined;
    case 'absent':
      return value === undefined;
  }
}
