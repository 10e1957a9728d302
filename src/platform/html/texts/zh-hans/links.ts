import type { Texts } from '../index.js';

export const links: Texts['links'] = {
  confirm: {
    title: '确认电子邮箱',
    question: '这是您的账户吗？如果是，请确认收到邮件的邮箱。',
    action: '确认',
  },
  change: {
    title: '更改电子邮箱',
    question: '是否将收到邮件的邮箱用于您的账户？',
    action: '更改邮箱',
  },
  doneTitle: '已完成',
  done: '您的邮箱已确认，可以关闭此页面或继续。',
  goOn: '继续',
  expiredTitle: '此链接已过期',
  expired: '链接三天内有效，您可以通过邮件获取新链接。',
  renew: '发送新链接',
  wrongTitle: '此链接无效',
  wrong: '链接可能不完整，请从邮件中复制完整链接。如果仍然无效，请申请新的邮件。',
};
