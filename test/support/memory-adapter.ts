import type { Adapter, AdapterPayload } from 'oidc-provider';

/** What the identity provider of tests keeps: codes, tokens, sessions and grants, by kind and id. */
export type ProviderMemory = Map<string, Map<string, AdapterPayload>>;

/** @returns the part of the memory for things of one kind; nothing expires in it, which the provider checks itself */
export function createMemoryAdapter(memory: ProviderMemory, kind: string): Adapter {
  const entries = memory.get(kind) ?? new Map<string, AdapterPayload>();
  memory.set(kind, entries);
  return {
    upsert: async (id, payload) => void entries.set(id, payload),
    find: async (id) => entries.get(id),
    findByUid: async (uid) => [...entries.values()].find((payload) => payload.uid === uid),
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const payload = entries.get(id);
      if (payload !== undefined) entries.set(id, { ...payload, consumed: Math.floor(Date.now() / 1000) });
    },
    destroy: async (id) => void entries.delete(id),
    revokeByGrantId: async (grantId) => {
      for (const [id, payload] of entries) {
        if (payload.grantId === grantId) entries.delete(id);
      }
    },
  };
}
