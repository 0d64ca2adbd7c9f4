import { html, nothing, type TemplateResult } from 'lit';
import type { ToolCall } from '../chat/said.js';
import type { Shown } from './conversation-view.js';
import { toolIcon } from './icons.js';

/** A call that the model asks for, and what somebody may do about it. */
export function callView(call: ToolCall, shown: Shown): TemplateResult {
  const { conversation } = shown;
  const open = conversation.openCalls.find(({ call_id }) => call_id === call.call_id);
  const given = open?.arguments ?? call.arguments;
  const isEmpty = Object.keys(given).length === 0;
  return html`<section class="call ${open === undefined ? '' : 'is-open'}" aria-label=${`Call of ${call.tool_name}`}>
    <h2>${toolIcon}<span>${call.tool_name}</span></h2>
    ${isEmpty ? nothing : html`<pre tabindex="0"><code>${JSON.stringify(given, null, 2)}</code></pre>`}
    ${open === undefined ? nothing : open.state === 'awaiting_approval' ? approvalView(call, shown) : resultView(call, shown)}
  </section>`;
}

function approvalView({ call_id }: ToolCall, { conversation }: Shown): TemplateResult {
  const decide = (decision: 'approve' | 'reject') => () =>
    void conversation.settle({ sessionId: conversation.sessionId, type: 'hitl_decision', callId: call_id, decision });
  return html`<p class="ask">May this be done?</p>
    <div class="choices">
      <button type="button" @click=${decide('reject')}>Reject</button>
      <button type="button" class="main" @click=${decide('approve')}>Approve</button>
    </div>`;
}

function resultView({ call_id, tool_name }: ToolCall, { conversation }: Shown): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target instanceof Element ? event.target : undefined;
    const result = form?.querySelector('textarea')?.value ?? '';
    void conversation.settle({ sessionId: conversation.sessionId, type: 'tool_result', callId: call_id, result });
  };
  return html`<form class="result" @submit=${submit}>
    <p class="ask">The model waits for what <code>${tool_name}</code> brings.</p>
    <textarea aria-label="Result" rows="2"></textarea>
    <div class="choices"><button type="submit" class="main">Send result</button></div>
  </form>`;
}
