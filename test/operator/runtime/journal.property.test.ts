/** Whatever is done with a journal, it holds what a list that knows the rules holds. */
import { rm } from 'node:fs/promises';
import * as fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { type Journal, openJournal } from '../../../operator/runtime/journal.ts';
import { dropsOf, freshDirectory, outgoing, teller } from './reporting.ts';

vi.setConfig({ testTimeout: 240_000 });

const mostReports = 40;
const mostDead = 2;

interface Kept {
  readonly eventId: string;
  readonly subject: string;
  readonly isPassing: boolean;
  isSuperseded: boolean;
  isTaken: boolean;
}

/** The rules, said as plainly as they can be. */
class Model {
  pending: Kept[] = [];
  dead: Kept[] = [];
  drops: Record<string, number> = {};

  append(kept: Kept): void {
    if (this.pending.some(({ eventId }) => eventId === kept.eventId)) return;
    this.dead = this.dead.filter(({ eventId }) => eventId !== kept.eventId);
    for (const older of this.pending) if (older.subject === kept.subject) older.isSuperseded = true;
    this.pending.push(kept);
  }

  retry(): void {
    for (const kept of this.dead.splice(0)) this.append({ ...kept, isSuperseded: false, isTaken: false });
  }

  refuse(eventId: string): void {
    const found = this.pending.find((kept) => kept.eventId === eventId);
    if (found === undefined) throw new Error('It is not pending.');
    this.pending = this.pending.filter((kept) => kept !== found);
    this.dead.push(found);
  }

  bound(): void {
    while (this.dead.length > mostDead) {
      this.dead.shift();
      this.#count('dead_letter_limit');
    }
    while (this.pending.length + this.dead.length > mostReports) {
      const free = this.pending.filter(({ isTaken }) => !isTaken);
      const victim = free.find(({ isPassing, isSuperseded }) => isPassing || isSuperseded) ?? free[0];
      if (victim === undefined) return;
      this.pending = this.pending.filter((kept) => kept !== victim);
      this.#count(victim.isPassing ? 'passing' : victim.isSuperseded ? 'superseded' : 'oldest');
    }
  }

  reopen(): void {
    const all = this.pending.splice(0);
    for (const kept of all) this.append({ ...kept, isSuperseded: false, isTaken: false });
  }

  #count(reason: string): void {
    this.drops[reason] = (this.drops[reason] ?? 0) + 1;
  }
}

const report = fc.record({
  eventId: fc.integer({ min: 0, max: 120 }).map((n) => `e-${n}`),
  subject: fc.integer({ min: 0, max: 25 }).map((n) => `s-${n}`),
  isPassing: fc.boolean(),
});
// The event says what it is about, so that one id is one report.
const said = report.map(({ eventId, ...rest }) => ({ ...rest, eventId: `${eventId}/${rest.subject}` }));
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      reports: fc.array(said, { maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 15 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      fates: fc.array(fc.nat(3), { maxLength: 15 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'retry' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

it('holds what the rules say, in their order, after any steps', async () => {
  const directory = await freshDirectory();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps: readonly Step[]) => {
      await rm(directory, { recursive: true, force: true });
      const { told, options } = teller();
      let now = Date.now();
      const open = () => openJournal({ directory, mostReports, ...options, clock: () => (now += 1) });
      let journal: Journal = await open();
      const model = new Model();
      let taken: { id: string; eventId: string }[] = [];
      try {
        for (const { kind, ...what } of steps) {
          if (kind === 'append' && 'reports' in what) {
            await journal.append(
              what.reports.map(({ eventId, subject, isPassing }) =>
                outgoing(eventId, { subject, outcome: isPassing ? 'passing' : 'failing' }),
              ),
            );
            for (const each of what.reports) model.append({ ...each, isSuperseded: false, isTaken: false });
          } else if (kind === 'take' && 'count' in what) {
            const got = await journal.take({ reports: what.count, bytes: 1_000_000 }, () => false);
            const eventIds = got.map(({ json }) => JSON.parse(json).eventId);
            const free = model.pending.filter(({ isTaken }) => !isTaken).slice(0, what.count);
            expect(eventIds).toEqual(free.map(({ eventId }) => eventId));
            for (const kept of free) kept.isTaken = true;
            taken.push(...got.map(({ id }, place) => ({ id, eventId: eventIds[place] })));
          } else if (kind === 'settle' && 'fates' in what) {
            for (const fate of what.fates) {
              const one = taken.shift();
              if (one === undefined) break;
              const kept = model.pending.find(({ eventId }) => eventId === one.eventId);
              if (fate === 0) {
                await journal.refused(one.id, { status: 200, code: 'x', message: 'x', details: [] });
                model.refuse(one.eventId);
              } else if (fate === 1) {
                journal.release([one.id]);
                if (kept !== undefined) kept.isTaken = false;
              } else {
                await journal.delivered([one.id]);
                model.pending = model.pending.filter((other) => other !== kept);
              }
              model.bound();
            }
          } else if (kind === 'retry') {
            await journal.retry('all');
            model.retry();
          } else if (kind === 'reopen') {
            await journal.close();
            journal = await open();
            model.reopen();
            taken = [];
          }
          model.bound();
          expect(journal.stats()).toMatchObject({ pending: model.pending.length, dead: model.dead.length });
          expect(journal.waiting()).toBe(model.pending.filter(({ isTaken }) => !isTaken).length);
          expect((await journal.deadLetters()).map(({ eventId }) => eventId)).toEqual(
            model.dead.map(({ eventId }) => eventId),
          );
          expect(dropsOf(told)).toEqual(model.drops);
        }
        journal.release(taken.map(({ id }) => id));
        const rest = await journal.take({ reports: 1000, bytes: 1_000_000 }, () => false);
        expect(rest.map(({ json }) => JSON.parse(json).eventId)).toEqual(
          model.pending.map(({ eventId }) => eventId),
        );
      } finally {
        await journal.close();
      }
    }),
    { numRuns: 150 },
  );
});
