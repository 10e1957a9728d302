/** @returns the value of a query parameter; the last one if it is repeated (Django's `QueryDict.get`) */
export const lastParam = (params: URLSearchParams, name: string): string | undefined =>
  params.getAll(name).at(-1);
