import { loadPlan } from './plan.ts';
import { runLoad } from './run.ts';

// A process that carries out the one plan that its parent sends it, answers with the result, and ends.
process.once('message', async (message) => {
  const result = await runLoad(loadPlan.parse(message));
  process.send?.(result, () => process.disconnect());
});
process.once('disconnect', () => process.exit());
