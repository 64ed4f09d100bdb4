"""The programs that the page knows, with their settings under the names that they have there.

As of Open WebUI 0.12, LibreChat 0.8, n8n 2.41, InvokeAI 6.14, SillyTavern 1.19, openai 3.57.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Setting:
    """A field of the program and its value, in which $url, $token and models are filled in."""

    name: str
    value: str
    is_choice: bool = False
    """Whether it is chosen there, not entered."""


@dataclass(frozen=True)
class Snippet:
    """A text to be copied whole."""

    title: str | Promise
    """A file, or where the text belongs."""
    text: str


@dataclass(frozen=True)
class Program:
    slug: str
    name: str
    where: str | Promise = ""
    """The path to its settings."""
    settings: tuple[Setting, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    notes: tuple[str | Promise, ...] = ()


def filled(text: str, values: Mapping[str, str]) -> str:
    return Template(text).substitute(values)


OPEN_WEBUI = Program(
    "open-webui",
    "Open WebUI",
    "Admin Panel → Settings → Images",
    (
        Setting("Image Generation", "On", is_choice=True),
        Setting("Model", "$model"),
        Setting("Image Size", "1024x1024"),
        Setting("Image Generation Engine", "Default (Open AI)", is_choice=True),
        Setting("OpenAI API Base URL", "$url/v1"),
        Setting("OpenAI API Key", "$token"),
    ),
    (
        Snippet(
            _("Or environment variables"),
            """\
ENABLE_IMAGE_GENERATION=true
IMAGE_GENERATION_ENGINE=openai
IMAGES_OPENAI_API_BASE_URL=$url/v1
IMAGES_OPENAI_API_KEY=$token
IMAGE_GENERATION_MODEL=$model
IMAGE_SIZE=1024x1024
ENABLE_IMAGE_EDIT=true
IMAGE_EDIT_ENGINE=openai
IMAGES_EDIT_OPENAI_API_BASE_URL=$url/v1
IMAGES_EDIT_OPENAI_API_KEY=$token
IMAGE_EDIT_MODEL=$edit_model
""",
        ),
    ),
    (
        _("“Edit Image” has the same settings, with the model %(edit_model)s."),
        _("Transactions show for which user of Open WebUI an image was if it forwards user IDs."),
    ),
)
LIBRECHAT = Program(
    "librechat",
    "LibreChat",
    snippets=(
        Snippet(
            ".env",
            """\
IMAGE_GEN_OAI_API_KEY=$token
IMAGE_GEN_OAI_BASEURL=$url/v1
IMAGE_GEN_OAI_MODEL=$model_of_both
""",
        ),
    ),
    notes=(_("Restart LibreChat, then add the tool “OpenAI Image Tools” to an agent."),),
)
N8N = Program(
    "n8n",
    "n8n",
    "Credentials → OpenAI",
    (
        Setting("API Key", "$token"),
        Setting("Base URL", "$url/v1"),
    ),
    notes=(
        _("In the node OpenAI choose Image → Generate an Image."),
        _("n8n lists only models with OpenAI’s names: %(alias)s stands for a model of this site."),
    ),
)
INVOKEAI = Program(
    "invokeai",
    "InvokeAI",
    snippets=(
        Snippet(
            "api_keys.yaml",
            """\
external_openai_base_url: $url
external_openai_api_key: $token
""",
        ),
    ),
    notes=(
        _("The address has no /v1: InvokeAI adds it. The file is in InvokeAI’s root folder."),
        _("In Models, add external://openai/%(model)s."),
    ),
)
SILLYTAVERN = Program(
    "sillytavern",
    "SillyTavern",
    "Extensions → Image Generation",
    (
        Setting("Source", "Stable Diffusion Web UI (AUTOMATIC1111)", is_choice=True),
        Setting("SD Web UI URL", "$url"),
        Setting("Authentication", "artgen:$token"),
        Setting("Model", "$model", is_choice=True),
    ),
    notes=(_("Press Connect, then choose the model."),),
)
PYTHON = Program(
    "python",
    "Python",
    snippets=(
        Snippet(
            "lighthouse.py",
            """\
# pip install openai
import base64
from openai import OpenAI

client = OpenAI(base_url="$url/v1", api_key="$token")
reply = client.images.generate(
    model="$model", prompt="a lighthouse at dusk", output_format="png"
)
with open("lighthouse.png", "wb") as file:
    file.write(base64.b64decode(reply.data[0].b64_json))
""",
        ),
    ),
)
JAVASCRIPT = Program(
    "javascript",
    "JavaScript",
    snippets=(
        Snippet(
            "lighthouse.mjs",
            """\
// npm install openai
import { writeFile } from "node:fs/promises"
import OpenAI from "openai"

const client = new OpenAI({ baseURL: "$url/v1", apiKey: "$token" })
const reply = await client.images.generate({
  model: "$model",
  prompt: "a lighthouse at dusk",
  output_format: "png",
})
await writeFile("lighthouse.png", Buffer.from(reply.data[0].b64_json, "base64"))
""",
        ),
    ),
    notes=(_("Run it on a server: in a web page everyone could read the token."),),
)
CURL = Program(
    "curl",
    "curl",
    snippets=(
        Snippet(
            _("As with OpenAI"),
            """\
curl "$url/v1/images/generations" \\
  -H "Authorization: Bearer $token" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "$model", "prompt": "a lighthouse at dusk", "response_format": "url"}'
""",
        ),
        Snippet(
            _("This site’s own API"),
            """\
curl "$url/api/v1/jobs/" \\
  -H "Authorization: Bearer $token" \\
  -H "Content-Type: application/json" \\
  -H "Prefer: wait=60" \\
  -d '{"model": "$model", "prompt": "a lighthouse at dusk"}'
""",
        ),
    ),
)
CLAUDE = Program(
    "claude",
    "Claude",
    snippets=(
        Snippet(
            "Claude Code",
            """\
claude mcp add --transport http artgen $url/mcp \\
  --header "Authorization: Bearer $token"
""",
        ),
    ),
    notes=(
        _("Then ask for an image: Claude calls the tools of this site."),
        _("Connectors of claude.ai need OAuth, which this site does not offer."),
    ),
)
CURSOR = Program(
    "cursor",
    "Cursor",
    snippets=(
        Snippet(
            "~/.cursor/mcp.json",
            """\
{
  "mcpServers": {
    "artgen": {
      "url": "$url/mcp",
      "headers": { "Authorization": "Bearer $token" }
    }
  }
}
""",
        ),
    ),
)
PROGRAMS: Mapping[str, Program] = {
    program.slug: program
    for program in (
        *(OPEN_WEBUI, LIBRECHAT, N8N, INVOKEAI, SILLYTAVERN),
        *(PYTHON, JAVASCRIPT, CURL, CLAUDE, CURSOR),
    )
}
