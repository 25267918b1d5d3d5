import type { AccessControl, Caller } from './control.ts';

/** Who calls where nobody is asked: on this machine alone, and for what is public. */
export const anybody: Caller = Object.freeze({
  actor: null,
  principal: 'anybody',
  cluster: null,
  clusters: null,
});

/** Nobody is asked who they are, and everybody may do everything: for this machine alone. */
export const openAccess: AccessControl = {
  isOn: false,
  authenticate: () => Promise.resolve(anybody),
  may: () => Promise.resolve(true),
  admit: () => () => undefined,
};
