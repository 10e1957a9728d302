import { type Clock, DAY, dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import { millisecondsOf } from '../../kernel/timestamp.js';
import type { Database } from '../../platform/db/pool.js';
import { found, idOf } from '../../platform/http/objects.js';
import { planList } from '../../platform/lists/list-query.js';
import {
  ensureGrowth,
  findGrowth,
  GROWTH_LIST,
  type GrowthData,
  type GrowthTable,
  hasCvatTable,
  listGrowth,
  updateGrowth,
} from './repository.js';

const MODEL = 'UserGrowthData';
const ONLY_TRUE = ['This value can only be set to true.'];
/** After the prompt was shown, it rests. */
const REST = 30 * DAY;

export interface GrowthServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** A PATCH as its schema leaves it. */
export interface GrowthInput {
  readonly github_prompt_shown?: boolean | undefined;
  readonly github_prompt_support_clicked?: boolean | undefined;
  readonly promotion_notifications_allowed?: boolean | undefined;
}

/** The caller, and the policy's filter of the rows that they see. */
export interface Viewer {
  readonly id: number;
  readonly visible: unknown;
}

/** Whether people are asked to give CVAT a star. The first request of a person adds their row. */
export function createGrowthService({ db, clock }: GrowthServiceDeps) {
  let isInCvat = false;

  /** A CVAT may get its table while this server runs, and keeps it. */
  const tableOf = async (): Promise<GrowthTable> => {
    isInCvat ||= await hasCvatTable(db);
    return isInCvat ? 'cvat' : 'ours';
  };

  const list = async (params: URLSearchParams, { id, visible }: Viewer) => {
    const table = await tableOf();
    await ensureGrowth(db, table, id);
    return listGrowth(db, table, planList(GROWTH_LIST, params), visible);
  };

  /** @throws NotFound also for a row that the viewer's list does not show */
  const find = async (id: string | undefined, viewer: Viewer): Promise<GrowthData> => {
    const table = await tableOf();
    await ensureGrowth(db, table, viewer.id);
    return found(await findGrowth(db, table, idOf(id, MODEL), viewer.visible), MODEL);
  };

  /** @throws ValidationError; NotFound if the account was removed meanwhile */
  const update = async (id: number, input: GrowthInput): Promise<GrowthData> => {
    for (const field of ['github_prompt_shown', 'github_prompt_support_clicked'] as const)
      if (input[field] === false) throw new ValidationError({ [field]: ONLY_TRUE });
    const table = await tableOf();
    await updateGrowth(db, table, id, {
      shownAt: input.github_prompt_shown === true ? dateOf(clock) : undefined,
      supportClicked: input.github_prompt_support_clicked === true || undefined,
      promotionsAllowed: input.promotion_notifications_allowed,
    });
    return found(await findGrowth(db, table, id, {}), MODEL);
  };

  const isResting = ({ shownAt }: GrowthData): boolean =>
    shownAt !== null && clock.now() < millisecondsOf(shownAt) + REST;

  return { listDefinition: GROWTH_LIST, list, find, update, isResting };
}

export type GrowthService = ReturnType<typeof createGrowthService>;
