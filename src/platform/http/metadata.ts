import type { View } from './route.js';

/** DRF's `SimpleMetadata`, without the `actions` that describe the fields of a serializer. */
export const describeView = (view: View) => ({
  name: view.name,
  description: '',
  renders: ['application/vnd.cvat+json', 'text/html'],
  parses: ['application/json'],
});
