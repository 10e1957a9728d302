import { ServiceUnavailable } from '../kernel/errors.js';

/** State that the server reads from its database at start: until then, everything that needs it answers 503. */
export interface State {
  prepared: boolean;
  stopping: boolean;
  /** @throws ServiceUnavailable before the start is done */
  readonly secretKey: () => string;
  readonly siteName: () => string;
  readonly learn: (known: { readonly secretKey?: string; readonly siteName?: string }) => void;
  /** @throws ServiceUnavailable before the start is done */
  readonly requirePrepared: () => void;
}

export function createState(known: {
  readonly secretKey: string | undefined;
  readonly siteName: string | undefined;
}): State {
  let { secretKey, siteName } = known;
  const state: State = {
    prepared: false,
    stopping: false,
    secretKey: () => secretKey ?? notPrepared(),
    siteName: () => siteName ?? notPrepared(),
    learn: (more) => {
      secretKey ??= more.secretKey;
      siteName ??= more.siteName;
    },
    requirePrepared: () => {
      if (!state.prepared) notPrepared();
    },
  };
  return state;
}

function notPrepared(): never {
  throw new ServiceUnavailable(
    'database_unreachable',
    'The server is starting: the database does not answer yet.',
  );
}
