import type { Texts } from '../index.js';

export const factors: Texts['factors'] = {
  title: '第二重验证',
  hint: '除密码外，还需手机应用显示的验证码或密钥。他人仅凭您的密码无法登录。',
  none: '您尚未设置第二重验证。',
  app: '身份验证器应用',
  since: '设置时间：',
  codes: '恢复代码',
  codesLeft: (count) => `剩余 ${count} 个`,
  fewCodes: (count) =>
    count === 0
      ? '您没有剩余的恢复代码。如果丢失应用或密钥，您将无法登录：请立即更换。'
      : `您只剩 ${count} 个恢复代码，请尽快更换。`,
  notOffered: '此服务器不再提供第二重验证。如需移除，请联系管理员。',

  requiredTitle: '保护您的账户',
  requiredIntro: '此服务器或您所在的组织要求您使用第二重验证。在设置完成之前，您无法进行其他操作。',

  setUp: '设置身份验证器应用',
  setUpIntro: '您需要一个显示验证码的应用，例如 Aegis、FreeOTP、Google Authenticator 或 1Password。',
  setUpAlready: '您已有身份验证器应用。可在“安全”页面更换恢复代码或移除应用。',
  beginHint: '您将获得用于应用的密钥。输入应用显示的验证码后，密钥才会生效。',
  begin: '开始',
  beginAgain: '使用新密钥重新开始',
  back: '返回“安全”',
  scanTitle: '1. 将账户添加到应用',
  scan: '请用应用扫描此图：',
  picture: '包含应用密钥的二维码',
  openApp: '在此设备上打开应用',
  typeKey: '或在应用中输入此密钥：',
  confirmTitle: '2. 输入应用显示的验证码',
  confirmHint: '这会结束您的所有其他会话和 API 令牌，之后您会获得恢复代码。',
  code: '验证码',
  codeHint: '六位数字，每 30 秒变化一次。',
  anyCodeHint: '应用显示的六位数字，或恢复代码。',
  confirm: '启用第二重验证',
  appAdded: '身份验证器应用已设置。您的其他会话和 API 令牌已失效。',

  codesTitle: '您的恢复代码',
  codesIntro: '供您丢失应用或密钥时使用。每个代码可代替它们使用一次。',
  codesKeep: '请打印，或保存在只有您能找到的地方。之后不会再次显示。',
  copyCodes: '全部复制',
  downloadCodes: '下载为文本文件',
  codesOf: (username, site) => `${username} 在 ${site} 的恢复代码，每个只能使用一次。`,
  codesStored: '我已保存代码',
  codesReplaced: '恢复代码已更换，之前的代码不再有效。',

  renewTitle: '更换恢复代码',
  renewHint: '您将获得十个新代码，之前的代码不再有效。',
  renew: '更换代码',
  removeTitle: '移除身份验证器应用',
  removeHint: '您的恢复代码、其他会话和 API 令牌也会失效。之后仅凭密码即可登录。',
  remove: '移除应用',
  appRemoved: '身份验证器应用已移除。您的其他会话和 API 令牌已失效。',

  noneOfPerson: '此账户没有第二重验证。',
  removeAllHint:
    '适用于丢失应用、密钥和恢复代码的人。该账户的所有会话和 API 令牌都会失效，之后仅凭密码即可登录。请确认是本人提出的请求。',
  removeAll: '移除所有第二重验证',
  ownHint: '您自己的第二重验证需在“安全”页面移除。',
  toSecurity: '打开“安全”页面',
};
