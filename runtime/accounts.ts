import type { NodeAPI } from 'node-red';
import type { AccountConfig } from '../core/api.ts';
import { providerOf } from '../providers/index.ts';
import type { ProviderAccount } from '../providers/provider.ts';
import { receiveUrl, type WebhookAccount } from '../server/webhooks.ts';
import type { Problem } from './problem.ts';

/** A deployed account node. */
export interface AccountNode {
  nodeId: string;
  /** What the store knows of it. */
  config: AccountConfig;
  /** With secrets; stays in this process. */
  provider: ProviderAccount;
  /** Public base URL of this Node-RED; '' = the setting `publicUrl`. */
  domain: string;
}

/** An account that the store knows, as last deployed. */
interface Known {
  id: string;
  proxyToken: string;
  node: AccountNode;
  webhook: WebhookAccount;
}

/** The accounts of this runtime: which nodes there are, and under which id the store knows them. */
export class Accounts {
  readonly #nodes = new Map<string, AccountNode>();
  /** By store id. Kept over deploys, so that webhooks are taken while flows restart. */
  #known = new Map<string, Known>();
  /** What is deployed was compared with the store. */
  #settled = false;
  /** Store ids that exist but are not deployed. */
  #removed = new Set<string>();
  readonly #refused = new Map<string, Problem>();
  /** What goes wrong with an account at its provider at present, by store id. */
  readonly #troubles = new Map<string, Problem>();
  readonly #publicUrl: string;
  readonly #root: string;

  constructor(publicUrl: string, RED: NodeAPI) {
    this.#publicUrl = publicUrl;
    const root = String((RED.settings as { httpNodeRoot?: unknown }).httpNodeRoot ?? '/');
    this.#root = root.replace(/^\/*|\/*$/g, '');
  }

  add(node: AccountNode): void {
    this.#nodes.set(node.nodeId, node);
  }

  remove(nodeId: string): void {
    this.#nodes.delete(nodeId);
  }

  get nodes(): AccountNode[] {
    return [...this.#nodes.values()];
  }

  /** The public base URL with httpNodeRoot, '' if none is configured. */
  baseOf(node: AccountNode): string {
    return this.baseWith(node.domain);
  }

  /** The same with a domain that may not be deployed yet. */
  baseWith(domain: string): string {
    const base = domain || this.#publicUrl;
    if (base === '') return '';
    return this.#root === '' ? base : `${base}/${this.#root}`;
  }

  /** What is wrong with an account's configuration, in the order in which one would mend it. */
  problems(nodeId: string): Problem[] {
    const node = this.#nodes.get(nodeId);
    if (!node) return [{ code: 'account_missing', message: 'no account' }];
    const refused = this.#refused.get(nodeId);
    if (refused) return [refused];
    let problems: Problem[];
    try {
      problems = providerOf(node.provider.provider).check(node.provider);
    } catch (error) {
      problems = [{ code: 'unknown_provider', message: (error as Error).message }];
    }
    if (!/^[A-Za-z0-9]{1,5}$/.test(node.config.key)) problems.unshift({ code: 'key_invalid', message: 'key missing' });
    if (this.baseOf(node) === '') problems.push({ code: 'domain_missing', message: 'domain missing' });
    const trouble = this.#troubles.get(this.idOf(nodeId) ?? '');
    if (trouble) problems.push(trouble);
    return problems;
  }

  /** Whether the account's provider can be asked for its messages, as far as its settings say. `id`: of the store. */
  canAsk(id: string): boolean {
    const known = this.#known.get(id);
    return known?.webhook.provider.list !== undefined && known.webhook.provider.check(known.node.provider).length === 0;
  }

  /** Says what goes wrong at the provider, null = nothing any more. `id`: of the store. */
  setTrouble(id: string, trouble: Problem | null): void {
    if (trouble) this.#troubles.set(id, trouble);
    else this.#troubles.delete(id);
  }

  /** Takes over what the store answered to the deployed configuration. */
  settle(
    answer: Record<string, { id: string; proxyToken: string } | { error: Problem }>,
    stored: { id: string }[],
  ): void {
    const known = new Map<string, Known>();
    this.#refused.clear();
    for (const [nodeId, a] of Object.entries(answer)) {
      const node = this.#nodes.get(nodeId);
      if (!node) continue;
      if ('error' in a) {
        this.#refused.set(nodeId, a.error);
        continue;
      }
      let provider: WebhookAccount['provider'];
      try {
        provider = providerOf(node.provider.provider);
      } catch {
        continue;
      }
      const webhook = {
        id: a.id,
        key: node.config.key,
        proxyToken: a.proxyToken,
        provider,
        account: node.provider,
        publicUrl: this.baseOf(node),
      };
      known.set(a.id, { ...a, node, webhook });
    }
    this.#known = known;
    this.#settled = true;
    this.#removed = new Set(stored.map((s) => s.id).filter((id) => !known.has(id)));
  }

  /** Whether the deployed accounts are known to the store, and their webhooks are taken. */
  get settled(): boolean {
    return this.#settled;
  }

  /** For the webhooks. */
  webhook(id: string): WebhookAccount | 'unknown' | 'undeployed' | 'starting' {
    if (!this.#settled) return 'starting';
    return this.#known.get(id)?.webhook ?? (this.#removed.has(id) ? 'undeployed' : 'unknown');
  }

  /** By store id. */
  known(id: string): { node: AccountNode; receiveUrl: string; webhook: WebhookAccount } | null {
    const k = this.#known.get(id);
    return k ? { node: k.node, webhook: k.webhook, receiveUrl: receiveUrl(k.webhook) } : null;
  }

  /** Store id of a deployed account node. */
  idOf(nodeId: string): string | null {
    for (const k of this.#known.values()) if (k.node.nodeId === nodeId) return k.id;
    return null;
  }

  get ids(): string[] {
    return [...this.#known.keys()];
  }

  /** Base URLs that a browser's `Origin` may match. */
  origins(): string[] {
    return [this.#publicUrl, ...this.nodes.map((n) => n.domain)].filter((u) => u !== '');
  }

  /** The Receive URL that an account has, or would have with another domain. */
  receiveUrlWith(account: { id: string; proxyToken: string }, domain: string): string {
    return receiveUrl({ id: account.id, proxyToken: account.proxyToken, publicUrl: this.baseWith(domain) });
  }

  /** The Receive URL of an account that the store knows; relative if no public URL is configured. */
  receiveUrl(account: { id: string; proxyToken: string; nodeId: string | null }): string {
    const node = account.nodeId ? this.#nodes.get(account.nodeId) : undefined;
    const publicUrl = node ? this.baseOf(node) : this.#publicUrl;
    return receiveUrl({ id: account.id, proxyToken: account.proxyToken, publicUrl });
  }
}
