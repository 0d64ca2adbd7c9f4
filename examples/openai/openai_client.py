"""The official client, unchanged: pip install openai, then python openai_client.py, with the service running."""

import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("AGENT_RUNTIME_URL", "http://localhost:8001") + "/v1",
    api_key=os.environ.get("AGENT_RUNTIME_KEY", "change-me-internal-key"),
)
MODEL = "agent/default"

# Chat Completions. A model of the upstream can be named as well, such as gpt-4o.
chunks = client.chat.completions.create(
    model=MODEL,
    messages=[{"role": "user", "content": "Hello brave new world"}],
    stream=True,
)
print("chat: ", end="")
for chunk in chunks:
    print(chunk.choices[0].delta.content or "", end="", flush=True)

# With a session, the service keeps the history: only what is new has to be sent.
answer = client.chat.completions.create(
    model=MODEL,
    messages=[{"role": "user", "content": "Only what is new"}],
    extra_headers={"X-Session-Id": f"example-{os.getpid()}"},
)
print(f"\nsession: {answer.choices[0].message.content}")

# A response in the background goes on without its reader, who leaves here after the first word.
begun = client.responses.create(model=MODEL, input="This goes on without me", background=True)
seen = 0
print("response: ", end="")
with client.responses.retrieve(begun.id, stream=True) as events:
    for event in events:
        seen = event.sequence_number
        if event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
            break

# Whoever comes back goes on behind the last event seen: nothing is lost, and nothing comes twice.
for event in client.responses.retrieve(begun.id, stream=True, starting_after=seen):
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)

following = client.responses.create(model=MODEL, input="And more", previous_response_id=begun.id)
print(f"\nnext: {following.output_text}")
