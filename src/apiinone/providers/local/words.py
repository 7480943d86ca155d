"""What words mean to the engine, in a few of the world's languages.

In each table a line without an indent names a meaning, the lines below it list its words and phrases. A plural need
not be listed where it only adds an s; a phrase wins over the words in it; a word may have several meanings.
"""
# ruff: noqa: RUF001 - many alphabets

MEANINGS = """
terrain:mountains
    mountain, mount, peak, summit, alp, alps, alpine, himalaya, himalayas, everest, fuji, ridge, range,
    mountain range, cliff, volcano, highland, fjord, rocky, rockies, landscape, scenery, vista, panorama, nature,
    outdoors, wilderness, valley, montaña, montañas, montagne, montagna, montagne, berg, berge, gebirge, montanha,
    montanhas, gora, гора, горы, горный, 山, 高山, 山脉, 雪山, 山水, 산, dağ, núi, paisaje, paysage, landschaft,
    paesaggio, paisagem, пейзаж, 风景, 風景, 풍경, manzara, पहाड़, جبل, جبال
terrain:hills
    hill, hillside, meadow, field, prairie, countryside, farm, farmland, vineyard, pasture, grassland, steppe,
    rolling hills, garden, japanese garden, chinese garden, park, lawn, sunflower field, colina, colline, collina,
    hügel, wiese, холм, холмы, поле, 丘, 草原, 田野, 花园, 庭園, 园林, 들판, jardin, jardín, giardino, garten, сад
terrain:forest
    forest, wood, woods, woodland, jungle, rainforest, grove, taiga, fir, firs, pine forest, bosque, forêt, foresta,
    wald, floresta, лес, 森林, 树林, 林, 숲, orman, rừng
terrain:sea
    sea, ocean, seascape, beach, coast, coastline, shore, seaside, island, bay, harbour, harbor, lagoon, surf,
    tropical, mar, océano, mer, océan, plage, mare, oceano, spiaggia, meer, ozean, strand, praia, playa, море,
    океан, 海, 大海, 海滩, 海洋, 바다, deniz, biển
terrain:lake
    lake, pond, river, lakeside, riverside, stream, reservoir, koi pond, lago, lac, fluss, río, rio, rivière, fiume,
    озеро, река, 湖, 湖泊, 河, 池, 호수, göl, hồ
terrain:desert
    desert, dune, sahara, canyon, mesa, badlands, mojave, sand dunes, wasteland, mars, martian, desierto, désert,
    deserto, wüste, пустыня, 沙漠, 사막, çöl, sa mạc
terrain:city
    city, skyline, cityscape, town, downtown, metropolis, skyscraper, building, street, urban, architecture, tokyo,
    new york, manhattan, paris, london, shanghai, hong kong, ciudad, ville, città, stadt, cidade, город, 城市, 都市,
    天际线, 도시, şehir, thành phố
time:sunset
    sunset, dusk, golden hour, evening, twilight, synthwave, vaporwave, atardecer, coucher de soleil, tramonto,
    sonnenuntergang, pôr do sol, закат, 日落, 夕阳, 夕日, 일몰, gün batımı, hoàng hôn
time:sunrise
    sunrise, dawn, morning, daybreak, amanecer, lever de soleil, alba, sonnenaufgang, amanhecer, рассвет, 日出,
    黎明, 일출, 朝日, bình minh
time:night
    night, midnight, moonlit, moonlight, nighttime, starry, starlit, nocturne, aurora, noche, nuit, notte, nacht,
    noite, ночь, 夜, 夜晚, 夜景, 밤, gece, đêm
time:day
    day, daylight, noon, sunny, daytime
season:winter
    winter, snowy, icy, frozen, frosty, arctic, christmas, invierno, hiver, inverno, зима, 冬, 冬天, 겨울
season:autumn
    autumn, fall, autumnal, otoño, automne, autunno, herbst, outono, осень, 秋, 秋天, 가을
season:spring
    spring, blossom, cherry blossom, sakura, bloom, blooming, flower, floral, primavera, printemps, frühling, весна,
    春, 春天, 樱花, 桜, 봄
thing:sun
    sun, sunshine, sunlight, sol, soleil, sonne, солнце, 太阳, 太陽, 해
thing:moon
    moon, full moon, crescent, luna, lune, mond, lua, луна, 月, 月亮, 달
thing:stars
    star, starry sky, milky way, galaxy, constellation, space, cosmos, cosmic, estrella, étoile, звёзды, 星,
    星空, 별
thing:clouds
    cloud, cloudy, overcast, nube, nuage, wolke, облака, 云, 雲, 구름
thing:birds
    bird, seagull, eagle, flock, pájaro, oiseau, vogel, птица, 鸟, 鳥, 새
thing:trees
    tree, pine, pine tree, oak, birch, árbol, arbre, baum, albero, дерево, 树, 木, 나무
thing:boat
    boat, sailboat, ship, sail, yacht, canoe, barco, bateau, barca, лодка, 船, 帆船, 배
thing:cabin
    cabin, house, cottage, hut, barn, chalet, home, farmhouse, casa, maison, haus, дом, 房子, 家, 小屋, 집
thing:cactus
    cactus, cacti, saguaro, 仙人掌, кактус
thing:village
    village, hamlet, houses, cottages, cabins, pueblo, dorf, villaggio, деревня, 村庄, 村, 마을
thing:bridge
    bridge, footbridge, puente, pont, brücke, ponte, мост, 桥, 橋, 다리
thing:snow
    snow, snowcapped, snow-capped, snowfall, ice, glacier, nieve, neige, schnee, neve, снег, 雪, 눈
thing:fog
    fog, foggy, mist, misty, haze, hazy, niebla, brume, nebel, nebbia, туман, 雾, 霧, 안개
thing:reflection
    reflection, reflecting, mirrored, reflejo, reflet, spiegelung, отражение, 倒影, 반영
abstract:any
    abstract, background, backdrop, wallpaper, screensaver, abstracto, abstrait, astratto, abstrakt, абстрактный,
    абстракция, 抽象, 추상, soyut
abstract:waves
    wave, wavy, flowing, flow, ripple, curve, liquid, fluid, ola, vague, onda, welle, волны, 波浪, 波, 물결
abstract:mesh
    mesh, gradient mesh, blur, blurry, aurora gradient, lava lamp, soft gradient, blob, orb
abstract:shapes
    shape, composition, boho, bauhaus poster, still life, arch, cutout, matisse
abstract:contours
    contour, contours, topographic, topography, contour map, isoline, terrain map, elevation
pattern:any
    pattern, seamless, tile, tiled, tiling, repeat, repeating, textile, fabric, wrapping paper, motif, mosaic,
    patrón, motivo, muster, padrão, узор, паттерн, 图案, 花纹, パターン, 模様, 패턴, desen
pattern:geometric
    geometric, geometry, bauhaus, mid-century, midcentury, azulejo, quilt, checkered, tessellation, 几何
pattern:scallops
    scallop, scalloped, seigaiha, fish scale, scale, art deco, wave pattern, waves pattern
pattern:leaves
    leaf, leaves, botanical, foliage, plant, branch, fern, sprig, herbal, feuille, hoja, blatt, 叶, 植物
pattern:terrazzo
    terrazzo, speckle, speckled, confetti, polka dot, polka dots, dot, dots, pebble, memphis
pattern:zigzag
    zigzag, zig-zag, chevron, herringbone, stripe, striped, stripes
style:line art
    line art, lineart, line drawing, line work, linework, line illustration, outline, outlined, ink, ink drawing,
    pen drawing, pen and ink, monoline, one line, single line, sketch, pencil, doodle, etching, engraving,
    coloring page, colouring page, coloring book, wireframe, blueprint, hand-drawn lines, minimalist line,
    minimal line, simple line, thin line, fine line, continuous line, line style, black line, arte lineal,
    dessin au trait, strichzeichnung, контур, 线条, 线稿, 線画, 素描, 라인 아트, çizgi
style:flat
    flat, flat design, flat illustration, vector, vector art, poster, paper cut, papercut, cut paper, screen print,
    screenprint, linocut, woodcut, silhouette, sticker, icon, logo, cartoon, infographic, travel poster,
    solid colors, minimal, minimalist, minimalistic, plano, 扁平, 平面, フラット, 플랫
style:gradient
    gradient, photorealistic, realistic, photo, photography, photograph, cinematic, soft, dreamy, glow, glowing,
    atmospheric, 3d, render, watercolor, watercolour, painting, oil painting, ethereal, vivid, degradado, dégradé,
    sfumato, verlauf, градиент, 渐变, 写实, グラデーション, 그라데이션, 水彩
palette:charcoal
    monochrome, black and white, grayscale, greyscale, noir, black & white, blanco y negro, noir et blanc
palette:pastel
    pastel, cute, kawaii, gentle, baby
palette:neon
    neon, cyberpunk, synthwave, vaporwave, cyber, electric, futuristic, techno, club, nightclub, 霓虹, 赛博朋克
palette:retro
    retro, vintage, mid-century, midcentury, bauhaus, seventies, 70s, nostalgic, matisse
palette:earth
    earthy, earth, natural, boho, rustic, organic, coffee, wood grain, leather, neutral
palette:candy
    candy, playful, cheerful, joyful, party, birthday, kids, children, bubblegum, memphis, pop
mood:jade
    fresh, startup, tech, technology, eco, sustainable, health, clean energy, jade, robot, kitchen
mood:apricot
    food, ramen, soup, bread, fruit, honey, cozy, warm, delicious, restaurant, bakery, summer, energetic, tasty
palette:mars
    mars, martian, volcanic, lava
mood:mist
    foggy, misty, calm, zen, serene, quiet, moody, melancholic, mist, fog
mood:ocean
    underwater, marine, nautical, aquatic, coral reef, tropical
mood:blossom
    romantic, wedding, love, valentine
"""
"""A meaning is a kind and a name; `reading.py` knows the kinds. A `palette` is a strong word, a `mood` a weak one."""

COLOURS = """
#e03a3e
    red, rojo, rouge, rosso, vermelho, красный, 红色, 赤, 빨간
#b8182f
    crimson, scarlet, ruby, cherry red
#7a1f2b
    maroon, burgundy, wine red
#f27ba6
    pink, hot pink, rosa, rose pink, розовый, 粉色, ピンク, 분홍
#d6249f
    magenta, fuchsia
#ff7a5c
    coral, salmon
#f5832a
    orange, naranja, arancione, laranja, оранжевый, 橙色, オレンジ, 주황
#ffb52e
    amber
#e0ac2b
    gold, golden, dorado, doré, dorato, золотой, 金色
#fbd23c
    yellow, amarillo, jaune, gelb, giallo, amarelo, жёлтый, 黄色, 노란
#d9a521
    mustard, ochre
#a4d233
    lime, chartreuse
#3c9f5a
    green, verde, vert, grün, зелёный, 绿色, 緑, 초록
#10946a
    emerald
#9caf88
    sage
#7c8043
    olive
#8fdcc0
    mint
#12857f
    teal, petrol
#2bc4b8
    turquoise, aqua, aquamarine
#20bcd8
    cyan
#2f6fdb
    blue, azul, bleu, blau, blu, синий, 蓝色, 青, 파란, mavi
#15295c
    navy, navy blue, midnight blue
#8fcbf0
    sky blue, light blue, baby blue
#3d3fa8
    indigo
#7a4bd0
    violet, violett
#7c3fb5
    purple, morado, lila purple, фиолетовый, 紫色, 紫, 보라
#b6a3e8
    lavender, lilac
#7d5236
    brown, chocolate, marrón, marron, braun, коричневый, 棕色
#cfa97c
    tan, sand colored, caramel
#e8d9bd
    beige, sandstone
#f8efda
    cream, ivory, off-white
#c9603c
    terracotta, rust, burnt orange
#30343b
    charcoal, anthracite, slate
#17181c
    black, negro, noir, schwarz, nero, preto, чёрный, 黑色, 黒
#fbfaf6
    white, blanco, blanc, weiß, bianco, branco, белый, 白色, 白
#8d929b
    gray, grey, gris, grau, grigio, cinza, серый, 灰色
#bcc1c8
    silver
#ffc2a1
    peach, apricot
"""
"""Colours that have a name of their own; a lighter or darker one is asked for by a word before it."""

SHADES = """
dark
    dark, deep, darker, oscuro, foncé, dunkel, тёмный, 深
light
    light, pale, bright, soft, lighter, claro, clair, светлый, 浅
"""
"""Words that shift the colour after them."""

NEGATIONS = """
    no, without, not, never, sans, ohne, senza, sem, без, 没有, なし, 无
"""
"""Words that rule out what follows."""

UNDRAWN = """
    food, ramen, soup, bread, fruit, honey, robot, kitchen, coffee, leather, restaurant, bakery, party, birthday,
    kids, children, baby
"""
"""Words that lend a picture their mood and are not in it."""

SILENT = """
    a, an, the, of, in, on, at, by, &, lines, line, modern, called, named, reading, says, inspired, reference,
    helping, riding, running, walking, with, and, or, for, to, from, over, under, near, into, onto, as, is, are, be,
    its, it, this, that, some, any, very, more, most, above, below, behind, through, across, between, around, along,
    inside, against, up, down, out, illustration, picture, image, drawing, artwork, art, design, graphic, scene,
    view, style, styled, aesthetic, look, concept, clean, simple, beautiful, pretty, nice, elegant, high, quality,
    detailed, detail, hd, 4k, 8k, uhd, resolution, best, stunning, masterpiece, professional, editorial, creative,
    stylish, abstractly, color, colour, colors, colours, palette, tone, tones, hue, colored, coloured, colorful,
    colourful, please, make, draw, create, generate, show, showing, featuring, me, i, want, traditional, large, big,
    small, tiny, huge, wide, tall, long, rising, lighting, side, light, layout, bold, de, la, el, los, las, un, una,
    le, les, du, des, une, et, y, e, en, der, die, das, ein, eine, und, mit, im, von, il, lo, di, da, do, con, avec,
    dans, sur, sobre, em, no, na, и, в, на, с, 的, 一个, 和, 在, の, と, に, を, で, 时, 画, 风格, 一幅, 一张, 绘画,
    插画, 绘, 은, 는, 이, 가, 의, 와
"""
"""Words that ask for nothing that could be drawn or left out."""
