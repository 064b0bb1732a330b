import type { Instant } from '../../domain/model/certificate.ts';
import { explain } from '../../domain/model/errors.ts';
import { bucketsOf } from '../../domain/plan/expiration-buckets.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import { count, instant, list, nodePath, number, object, orNull, tag, text } from '../../host/shape.ts';
import { type ApiAccess, apiAccess, clientCounts } from '../in-place/client-counts.ts';
import { kubeletProblem } from '../in-place/kubelet-problem.ts';
import { clientsPatience, unseen, untilProved, type Waits } from '../in-place/until-proved.ts';
import { writtenAt } from '../in-place/written-at.ts';
import { stopwatch } from '../wait.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';

type AwaitClientsStep = StepOf<'await-clients'>;

export const awaitClients: StepActor<AwaitClientsStep> = {
  schema: object({
    kind: tag('await-clients'),
    api: object({ host: text, port: count }),
    kubeconfig: nodePath,
    previous: list(object({ path: nodePath, notAfter: instant })),
    node: orNull(text),
    patience: number,
    quiet: number,
    limit: number,
  }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act,
};

/** Throws CertagentError CLIENTS_STAY_OLD or CLIENTS_UNSEEN. */
async function act(step: AwaitClientsStep, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  const replaced = step.previous.map(({ path }) => path);
  const patience = await clientsPatience({ replaced, patience: step.patience }, context);
  const watch = new Watch(step, { writtenAt: await writtenAt(context.root, replaced), patience }, context);
  await untilProved(() => watch.look(), step.limit, context);
  return `${watch.words()} after ${elapsed()}`;
}

class Watch {
  readonly #step: AwaitClientsStep;
  readonly #context: StepContext;
  readonly #writtenAt: Instant;
  readonly #patience: () => Waits | null;
  #quietSince = performance.now();
  #previous: number | null = null;
  /** Of all requests, when the last one with a previous certificate was seen, and of certagent's own since. */
  #all = 0;
  #own = 0;
  #others = 0;

  constructor(
    step: AwaitClientsStep,
    { writtenAt, patience }: { writtenAt: Instant; patience: () => Waits | null },
    context: StepContext,
  ) {
    this.#step = step;
    this.#context = context;
    this.#writtenAt = writtenAt;
    this.#patience = patience;
  }

  /** null: proved. */
  async look(): Promise<Waits | null> {
    const { step, root, now } = { step: this.#step, ...this.#context };
    let access: ApiAccess;
    try {
      access = await apiAccess(root, step.kubeconfig, step.api);
    } catch (error) {
      return unseen(`for credentials in ${step.kubeconfig}: ${explain(error)}`);
    }
    const counted = await this.#count(access);
    if (counted !== null) return counted;
    const early = this.#patience();
    if (early !== null) return early;
    if (step.node === null) return null;
    this.#own += 2;
    const problem = await kubeletProblem(access, { node: step.node, now: now() });
    return problem === null ? null : unseen(problem);
  }

  words(): string {
    const kubelet = this.#step.node === null ? '' : ', and the kubelet renews its Lease';
    return `no request with a previous certificate for ${formatDuration(performance.now() - this.#quietSince)}, ${this.#others} with others${kubelet}`;
  }

  async #count(access: ApiAccess): Promise<Waits | null> {
    const { previous, quiet } = this.#step;
    this.#own += 1;
    const buckets = await clientCounts(access);
    if (typeof buckets === 'string') return unseen(`for the API server's counters: ${buckets}`);
    const old = bucketsOf(
      previous.map(({ notAfter }) => notAfter),
      buckets.map(({ bound }) => bound),
      this.#writtenAt,
      this.#context.now(),
    );
    const sum = (isCounted: (bound: number) => boolean) =>
      buckets.reduce((total, bucket) => total + (isCounted(bucket.bound) ? bucket.count : 0), 0);
    const [requests, all] = [sum((bound) => old.has(bound)), sum(() => true)];
    const more = this.#previous === null ? null : requests - this.#previous;
    if (more !== 0) {
      this.#previous = requests;
      this.#quietSince = performance.now();
      [this.#all, this.#own] = [all, 1];
    }
    this.#others = Math.max(0, all - this.#all - this.#own);
    const silence = performance.now() - this.#quietSince;
    if (silence < quiet)
      return {
        code: 'CLIENTS_STAY_OLD',
        text: `for a time of ${formatDuration(quiet)} without requests that use a previous certificate${more !== null && more > 0 ? `: ${more} more were made` : ''}`,
      };
    return this.#others > 0 ? null : unseen('for requests with the new certificates: none was made');
  }
}
