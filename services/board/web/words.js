// Words in two languages, and how times and amounts are written in them. What the engine names (classes, states) keeps its name where there
// is no word for it.
const both = {
  overview: ["Overview", "总览"], due: ["Deadlines", "时限墙"], approvals: ["Approvals", "待审批"], causes: ["Causes", "原因预警"], budgets: ["Budgets", "预算"],
  workers: ["Workers", "运行状况"], skip: ["Skip to content", "跳到正文"], language: ["Language", "语言"], theme: ["Dark or light", "深色或浅色"],
  live: ["live", "实时"], connecting: ["connecting …", "连接中…"], offline: ["disconnected", "已断开"], redis_away: ["Redis away", "Redis 不可用"],
  offline_help: ["The board does not answer. What is shown is of {0}; it is tried again by itself.", "看板没有响应。所示为 {0} 的数据，会自动重试。"],
  redis_help: ["Redis does not answer the board; what is shown is of {0}. Operators: see deploy/docs/running.md.", "看板读不到 Redis；所示为 {0} 的数据。运维请看 deploy/docs/running.md。"],
  value: ["Of", "对象"], dimension: ["Kind", "维度"], party: ["Told", "已通知"],
  complaints: ["Complaints", "投诉数"], rate: ["In 1,000 orders", "每千单"], usual: ["Usual", "平时"], outcome: ["Outcome", "结果"], told_at: ["Since", "发现时间"],
  members: ["Orders", "订单数"], orders_warned: ["Warned", "已提醒"], ends_at: ["Ends", "结束"], cohorts: ["Orders at risk", "风险订单"],
  none_causes: ["Nothing brings more complaints than usual.", "没有投诉上升的对象。"], none_cohorts: ["No orders are at risk.", "没有风险订单。"],
  risen: ["risen", "上升"], answered: ["answered", "已处理"], over: ["over", "已结束"], fallen: ["has fallen", "已下降"], stays: ["has not fallen", "未下降"], lasting: ["usual from now on", "计入平时"],
  carrier: ["carrier", "承运商"], warehouse: ["warehouse", "仓库"], sku: ["article", "商品"], batch: ["batch", "批次"], lane: ["lane", "线路"], day: ["lane's day", "线路当日"],
  loading: ["Loading …", "加载中…"], not_all: ["Not all is shown:", "显示不完整："], behind: ["{0} cases are still being read.", "还有 {0} 个工单正在读取。"],
  open: ["Open cases", "未结工单"], overdue: ["Overdue", "已超时"], within: ["Due within {0}", "{0} 内到期"], today: ["Missed today", "今日超时"],
  waiting: ["Await approval", "待审批"], oldest: ["Oldest open", "最早未结"], none: ["none", "无"],
  by_class: ["By class", "按类别"], by_severity: ["By severity", "按严重程度"], by_tier: ["By tier", "按客户等级"], by_status: ["By status", "按状态"],
  by_team: ["By team", "按团队"], by_hour: ["By hour, the last 24", "近 24 小时，按小时"], opened: ["opened", "新开"], resolved: ["resolved", "已解决"],
  met: ["met", "按时"], breached: ["missed", "超时"], figures: ["The figures", "数据表"], hour: ["Hour", "小时"], held: ["Held", "等待中"],
  held_none: ["Nothing is held.", "没有等待。"], where: ["Where", "位置"], why: ["Why", "原因"],
  left: ["Time left", "剩余时间"], due_at: ["Due", "到期"], target: ["Deadline", "时限"], case: ["Case", "工单"], class: ["Class", "类别"],
  severity: ["Severity", "严重程度"], tier: ["Tier", "等级"], team: ["Team", "团队"], assignee: ["Assignee", "负责人"], status: ["Status", "状态"],
  all: ["all", "全部"], apply: ["Filter", "筛选"], clear: ["Clear", "清除"], more: ["Show more", "显示更多"], shown: ["{0} of {1}", "{0} / {1}"],
  time: ["When", "时间"], time_overdue: ["overdue", "已超时"], late: ["late", "超时"], soon: ["soon", "临近"], calm: ["in time", "充裕"],
  none_due: ["Nothing is due that fits. Clear the filters to see all.", "没有符合条件的时限。清除筛选可查看全部。"],
  none_waiting: ["Nothing awaits approval.", "没有待审批。"],
  proposal: ["Proposal", "方案"], needs: ["Needs", "需要"], cost: ["Cost", "成本"], counted: ["Approved by", "已批准"], of: ["{0} of {1}", "{0} / {1}"],
  approve: ["Approve", "批准"], reject: ["Reject", "驳回"], reason: ["Reason", "理由"], comment: ["Remark", "备注"], cancel: ["Cancel", "取消"],
  sent: ["Sent: {0}. The case shows what comes of it.", "已提交：{0}。结果见工单。"], not_sent: ["Not sent: {0}", "未提交：{0}"],
  sign_decide: ["Sign in to decide.", "登录后可审批。"],
  lost: ["not known: Redis has lost it, the next decision restores it", "未知：Redis 已丢失，下次审批时恢复"],
  budget_none: ["No budgets: compensation.yaml has none, or the board does not have it.", "没有预算：compensation.yaml 未设置，或看板没有该文件。"],
  by: ["Whose", "归属"], used: ["Used", "已用"], limit: ["Limit", "上限"], tenant: ["Tenant", "租户"], budget: ["Budget", "预算"], period: ["Day or month", "日期或月份"],
  levels: ["Who may approve how much", "审批权限"], up_to: ["up to", "上限"], any: ["any amount", "不限"], people: ["{0} people", "{0} 人"],
  worker: ["Worker", "进程"], lag: ["Behind, records", "积压条数"], says: ["Says", "自述"], ready: ["ready", "就绪"], not_ready: ["not ready", "未就绪"],
  silent: ["does not answer", "无响应"], worker_none: ["board.yaml names no workers.", "board.yaml 未列出进程。"], policies: ["Policies in force", "生效策略"],
  version: ["Version", "版本"],
  facts: ["Facts", "概况"], deadlines: ["Deadlines", "时限"], offer: ["What is offered", "赔付方案"], messages: ["Messages", "消息"],
  timeline: ["What happened", "经过"], customer: ["Customer", "客户"], private_hidden: ["Name and contact are for roles that may see them.", "姓名与联系方式仅对有权限的角色显示。"],
  opened_at: ["Opened", "开单"], contacted_at: ["First contact", "首次联系"], resolved_at: ["Resolved", "解决"], closed_at: ["Closed", "关闭"],
  policy: ["Policy", "策略"], flags: ["Flags", "标记"], channel: ["Channel", "渠道"], repeats: ["Repeats", "重复投诉"], class_by: ["Class by", "类别来源"], class_rules: ["Because of", "判定依据"],
  text: ["the customer's words", "客户原话"], person: ["a person", "人工"], option: ["Option", "选项"], chosen: ["chosen", "已选"], rule: ["Rule", "规则"],
  approve_by: ["Approve by", "审批截止"], choose_by: ["Choose by", "选择截止"], settlements: ["Settlements", "结算"],
  counted_span: ["counted", "计时"], idle_span: ["not counted", "不计时"], now: ["now", "现在"], spans: ["Every stretch of time", "逐段时间"],
  open_span: ["open hours", "工作时间"], closed_span: ["closed", "非工作时间"],
  similar: ["Closed cases like it", "相似的已结工单"], alike: ["words {0} % alike", "文字相似 {0}%"], same: ["same", "相同"], took: ["took {0}", "用时 {0}"], scored: ["visit scored {0} of 5", "回访评分 {0}/5"],
  same_article: ["article", "商品"], same_status: ["order status", "订单状态"], same_goods: ["kind of goods", "商品性质"], same_value: ["value", "金额"],
  same_carrier: ["carrier", "承运商"], same_warehouse: ["warehouse", "仓库"], same_asked: ["remedy asked for", "诉求"],
  no_case: ["There is no such case, or it is over and forgotten.", "没有这个工单，或已结束并清除。"], back: ["Back to the deadlines", "返回时限墙"],
  sign_in: ["Sign in", "登录"], sign_out: ["Sign out", "退出"], token: ["Token", "令牌"], sign_help: ["A token is needed to see this board. Whoever runs it has one for you.", "查看看板需要令牌，请向管理员索取。"],
  sign_bad: ["This token is not known.", "令牌无效。"], error: ["It could not be read: {0}", "读取失败：{0}"], again: ["Try again", "重试"],
  as_of: ["As of {0}, your time ({1}).", "截至 {0}（您的时区 {1}）。"], read_only: ["read-only", "只读"], help: ["Keys", "快捷键"],
  keys: ["j, k: next and previous line; Enter: open; /: filter; g then o, d, a, b, w: go to a page; Esc: back", "j、k：下一行、上一行；Enter：打开；/：筛选；g 再按 o、d、a、b、w：切换页面；Esc：返回"],
  late_by: ["late by {0}", "超时 {0}"], in: ["{0}", "{0}"], warned: ["Warnings", "预警"], steps: ["Escalations", "升级"], told: ["told", "已通知"],
  under_way: ["under way", "发送中"], again_state: ["tried again", "重试"], waiting_state: ["waiting", "等待"], sent_state: ["sent", "已发送"],
};
const names = {
  first_contact: "首次联系", resolution: "解决", next_reply: "下次回复", next_update: "下次进展", follow_up: "回访", running: "进行中", paused: "暂停", met: "按时",
  met_late: "超时完成", breached: "已超时", cancelled: "已取消", open: "未结", resolved: "已解决", closed: "已关闭", withdrawn: "已撤回", lost: "视图缺失",
  regular: "普通", vip: "VIP", svip: "SVIP", agent: "客服", supervisor: "主管", manager: "经理", finance: "财务", viewer: "访客", policy: "策略",
  "quality.damaged": "质量·破损", "quality.flaw": "质量·瑕疵", "quality.not_as_described": "质量·与描述不符", "quality.counterfeit": "质量·假货", "quality.expired": "质量·过期",
  "logistics.delayed": "物流·延误", "logistics.stalled": "物流·停滞", "logistics.lost": "物流·丢件", "logistics.parcel_damaged": "物流·包装破损",
  "logistics.not_received": "物流·未收到", "order.change": "订单·修改", "order.cancel": "订单·取消", "order.urge": "订单·催单", "order.custom_change": "订单·定制修改",
  "order.missing_items": "订单·少件", "aftersale.return": "售后·退货", "aftersale.exchange": "售后·换货", "aftersale.refund_overdue": "售后·退款超期",
  "aftersale.repair": "售后·维修", "service.attitude": "服务·态度", "service.no_reply": "服务·无回复", "inquiry.product": "咨询·商品", "inquiry.price": "咨询·价格",
  "inquiry.recommendation": "咨询·推荐", other: "其他", awaiting_approval: "待审批", approved: "已批准", chosen: "已选择", settling: "结算中", settled: "已结算",
  failed: "失败", rejected: "已驳回", expired: "已过期", proposed: "已提出", refund: "退款", coupon: "优惠券", exchange: "换货", reissue: "补发", repair: "维修",
  gift: "赠品", stored_value: "储值", apology: "致歉",
};

let chosen = localStorage.getItem("language") || (navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en");
export const languages = [["en", "English"], ["zh-CN", "简体中文"]];
export const language = () => chosen;
// English as the reader writes dates.
const locale = () => (chosen === "en" && navigator.language.startsWith("en") ? navigator.language : chosen);
export function choose(name) {
  chosen = name;
  localStorage.setItem("language", name);
}
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function t(key, ...values) {
  const found = both[key];
  if (!found) return key;
  return values.reduce((text, value, i) => text.replace(`{${i}}`, value), found[chosen === "en" ? 0 : 1]);
}
/** What the engine calls something, in the reader's language. */
export function named(name) {
  if (name === undefined || name === null) return "";
  if (chosen !== "en" && Object.hasOwn(names, name)) return names[name];
  return String(name).replaceAll("_", " ");
}
const formats = new Map();
function format(style) {
  const key = chosen + JSON.stringify(style);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), style));
  return formats.get(key);
}
export function moment(text) {
  if (!text) return "";
  return format({ dateStyle: "medium", timeStyle: "medium" }).format(new Date(text));
}
export const hourOf = (text) => format({ hour: "2-digit", hourCycle: "h23" }).format(new Date(text)).replace(/\D/g, "");
export const number = (value) => new Intl.NumberFormat(locale()).format(value ?? 0);
export function money(minor, currency) {
  if (minor === undefined || !/^[A-Z]{3}$/.test(currency ?? "")) return "";
  const style = new Intl.NumberFormat(locale(), { style: "currency", currency });
  return style.format(minor / 10 ** style.resolvedOptions().maximumFractionDigits);
}
/** "1:05:09", "3 d 4 h": how long. */
export function span(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const two = (value) => String(value).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  if (days) return chosen === "en" ? `${days} d ${hours} h` : `${days} 天 ${hours} 小时`;
  return `${hours ? hours + ":" : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
export function spanName(minutes) {
  if (minutes < 60) return chosen === "en" ? `${minutes} min` : `${minutes} 分钟`;
  return chosen === "en" ? `${minutes / 60} h` : `${minutes / 60} 小时`;
}
