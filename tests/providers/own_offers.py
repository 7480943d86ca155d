"""What an operator writes to use servers of their own: a graph of ComfyUI, and files of offers."""

import json

WORKFLOW = {
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "model.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": "{{width}}", "height": "{{height}}", "batch_size": 1}},
    "6": {
        "class_type": "CLIPTextEncode",
        "inputs": {"text": "{{prompt}}", "clip": ["4", 1]},
        "_meta": {"title": "Words"},
    },
    "3": {"class_type": "KSampler", "inputs": {"seed": "{{seed}}", "model": ["4", 0], "latent_image": ["5", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "made", "images": ["3", 0]}},
}

OWN_OFFERS = """provider: openai-compatible
offers:
  - serves: [flux-2]
    upstream_model: flux.1-schnell
    priority: 0
    cost_micro_usd: 0
    cost_basis: Our own machine.
    when: [{field: type, equals: pro}]
    without: [input_urls]
    send:
      - {field: prompt}
      - {field: aspect_ratio, name: size, values: {"1:1": 512x512, "16:9": 640x352}}
    drop: [type, resolution, input_urls]
    confidence: confirmed
    source: Tried here.
"""
WORKFLOW_OFFERS = f"""provider: comfyui
offers:
  - serves: [flux-2]
    upstream_model: any
    priority: 0
    cost_micro_usd: 0
    cost_basis: Our own machine.
    send: [{{field: prompt}}, {{field: aspect_ratio, name: size, values: {{"1:1": 512x512}}}}]
    drop: [type, resolution, input_urls]
    constants:
      workflow: '{json.dumps(WORKFLOW)}'
    confidence: confirmed
    source: Tried here.
"""
