"""What mkdocs calls while it builds the site."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from site_pages import (
    NOTEBOOK,
    ROOT,
    api_page,
    api_text,
    as_python_markdown,
    linked,
    markdown_of_notebook,
    nav,
    page_of,
    pages,
    public_packages,
)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    config.nav = nav()
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages from where they are in the repository, files that they link to, and a page for each public package."""
    sources = pages()
    for path in sources:
        if path.endswith(NOTEBOOK):
            files.append(File.generated(config, page_of(path), content=markdown_of_notebook(ROOT / path)))
        else:
            text = as_python_markdown((ROOT / path).read_text(encoding="utf-8"))
            files.append(File.generated(config, path, content=text))
    others = {target for path in sources for target in linked(path)} - set(sources)
    for path in sorted(others):
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    for package, names in public_packages().items():
        files.append(File.generated(config, api_page(package), content=api_text(package, names)))
    return files
