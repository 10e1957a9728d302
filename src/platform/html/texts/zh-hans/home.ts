import type { Texts } from '../index.js';

export const home: Texts['home'] = {
  intro: 'CVAT 的账户、组织和访问令牌。',
  toAccount: '前往您的账户',
  developers: '开发者',
  swagger: '试用 API',
  redoc: '阅读文档',
  document: 'OpenAPI 文档',
  about: '关于此服务器',
};
