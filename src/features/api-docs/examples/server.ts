import type { Examples } from '../../../platform/openapi/examples.js';

export const serverExamples: Readonly<Record<string, Examples>> = {
  server_retrieve_about: {
    about: {
      summary: 'What this server is',
      status: 200,
      body: {
        name: 'Computer Vision Annotation Tool',
        description: 'Identity and access for CVAT, the Computer Vision Annotation Tool.',
        version: '2.62.0',
        logo_url: 'http://localhost:8080/static/logo.svg',
        subtitle: 'Open Data Annotation Platform',
      },
    },
  },
  server_retrieve_plugins: {
    plugins: { summary: 'None', status: 200, body: { ANALYTICS: false, MODELS: false } },
  },
};
