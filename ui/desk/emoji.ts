/**
 * The emoji of the composer: common ones, by group, each with its name in Unicode and further words to find it by. Kept here, so that
 * nothing is loaded from elsewhere. In one text per group, which is smaller to ship and read than objects.
 */
const TABLE: Record<string, string> = {
  smileys:
    '😀 grinning face|😃 smiling face with open mouth|😄 grinning face with smiling eyes|😁 grinning face with smiling eyes' +
    '|😆 smiling face with open mouth and tightly-closed eyes|😅 smiling face with open mouth and cold sweat' +
    '|🤣 rolling on the floor laughing laugh|😂 face with tears of joy laugh|🙂 slightly smiling face happy|🙃 upside-down face' +
    '|😉 winking face|😊 smiling face with smiling eyes happy|😇 smiling face with halo' +
    '|🥰 smiling face with smiling eyes and three hearts|😍 smiling face with heart-shaped eyes' +
    '|🤩 grinning face with star eyes|😘 face throwing a kiss|😗 kissing face|😋 face savouring delicious food' +
    '|😛 face with stuck-out tongue|😜 face with stuck-out tongue and winking eye' +
    '|🤪 grinning face with one large and one small eye|😝 face with stuck-out tongue and tightly-closed eyes|🤗 hugging face' +
    '|🤭 smiling face with smiling eyes and hand covering mouth|🤫 face with finger covering closed lips' +
    '|🤔 thinking face think|🤐 zipper-mouth face|🤨 face with one eyebrow raised|😐 neutral face|😑 expressionless face' +
    '|😶 face without mouth|😏 smirking face|😒 unamused face|🙄 face with rolling eyes|😬 grimacing face|😌 relieved face' +
    '|😔 pensive face|😪 sleepy face|😴 sleeping face tired|😷 face with medical mask|🤒 face with thermometer' +
    '|🤕 face with head-bandage|🤢 nauseated face|🤧 sneezing face|🥵 overheated face|🥶 freezing face' +
    '|🥴 face with uneven eyes and wavy mouth|😵 dizzy face|🤯 shocked face with exploding head|🤠 face with cowboy hat' +
    '|🥳 face with party horn and party hat party|😎 smiling face with sunglasses|🤓 nerd face|🧐 face with monocle' +
    '|😕 confused face|😟 worried face|🙁 slightly frowning face|😮 face with open mouth|😯 hushed face|😲 astonished face' +
    '|😳 flushed face|🥺 face with pleading eyes|😦 frowning face with open mouth|😧 anguished face|😨 fearful face' +
    '|😰 face with open mouth and cold sweat|😥 disappointed but relieved face|😢 crying face sad|😭 loudly crying face sad' +
    '|😱 face screaming in fear|😖 confounded face|😣 persevering face|😞 disappointed face|😓 face with cold sweat|😩 weary face' +
    '|😫 tired face|🥱 yawning face|😤 face with look of triumph|😡 pouting face angry|😠 angry face' +
    '|🤬 serious face with symbols covering mouth|😈 smiling face with horns|💀 skull|🤖 robot face' +
    '|😺 smiling cat face with open mouth',
  people:
    '👋 waving hand hello bye|🤚 raised back of hand|✋ raised hand|👌 ok hand|🤌 pinched fingers|🤏 pinching hand' +
    '|✌️ victory hand|🤞 hand with index and middle fingers crossed|🤟 i love you hand|🤘 sign of the horns|🤙 call me hand' +
    '|👈 white left pointing backhand index|👉 white right pointing backhand index|👆 white up pointing backhand index' +
    '|👇 white down pointing backhand index|☝️ white up pointing index|👍 thumbs up yes ok|👎 thumbs down no|✊ raised fist' +
    '|👊 fisted hand|👏 clapping hands bravo|🙌 person raising both hands in celebration|👐 open hands|🤲 palms up together' +
    '|🤝 handshake agree deal|🙏 person with folded hands thank you please|✍️ writing hand|💪 flexed biceps strong|👀 eyes' +
    '|👂 ear|🧠 brain|🙋 happy person raising one hand|🙅 face with no good gesture|🙆 face with ok gesture|🤷 shrug no idea' +
    '|🤦 face palm|🙇 person bowing deeply|💁 information desk person|👩 woman|👨 man|🧑 adult|👶 baby|👵 older woman|👴 older man' +
    '|👮 police officer|👷 construction worker|💂 guardsman|🕵️ sleuth or spy|🤵 man in tuxedo|👰 bride with veil' +
    '|🤰 pregnant woman|🏃 runner|🚶 pedestrian|💃 dancer|🕺 man dancing|👪 family',
  nature:
    '🐶 dog face|🐱 cat face|🐭 mouse face|🐰 rabbit face|🦊 fox face|🐻 bear face|🐼 panda face|🐨 koala|🐯 tiger face|🦁 lion face' +
    '|🐮 cow face|🐷 pig face|🐸 frog face|🐵 monkey face|🐔 chicken|🐧 penguin|🐦 bird|🦉 owl|🐝 honeybee|🦋 butterfly|🐌 snail' +
    '|🐞 lady beetle|🐢 turtle|🐍 snake|🐙 octopus|🐠 tropical fish|🐬 dolphin|🐳 spouting whale|🐴 horse face|🦄 unicorn face' +
    '|🌵 cactus|🎄 christmas tree|🌲 evergreen tree|🌳 deciduous tree|🌴 palm tree|🌱 seedling|🌿 herb|🍀 four leaf clover' +
    '|🍁 maple leaf|🍂 fallen leaf|🌷 tulip|🌹 rose|🌻 sunflower|🌸 cherry blossom|🌼 blossom|💐 bouquet' +
    '|🌍 earth globe europe-africa|🌙 crescent moon|⭐ white medium star|🌟 glowing star|✨ sparkles|⚡ high voltage|🔥 fire great' +
    '|🌈 rainbow|☀️ black sun with rays|⛅ sun behind cloud|☁️ cloud|🌧️ cloud with rain|⛈️ thunder cloud and rain' +
    '|❄️ snowflake|⛄ snowman without snow|💧 droplet|🌊 water wave',
  food:
    '🍏 green apple|🍎 red apple|🍐 pear|🍊 tangerine|🍋 lemon|🍌 banana|🍉 watermelon|🍇 grapes|🍓 strawberry|🍒 cherries|🍑 peach' +
    '|🍍 pineapple|🥥 coconut|🥝 kiwifruit|🍅 tomato|🥑 avocado|🥦 broccoli|🥕 carrot|🌽 ear of maize|🥔 potato|🍞 bread|🥐 croissant' +
    '|🧀 cheese wedge|🥚 egg|🥓 bacon|🍔 hamburger|🍟 french fries|🍕 slice of pizza|🌭 hot dog|🥪 sandwich|🌮 taco|🥗 green salad' +
    '|🍝 spaghetti|🍜 steaming bowl|🍲 pot of food|🍣 sushi|🍚 cooked rice|🍦 soft ice cream|🍩 doughnut|🍪 cookie' +
    '|🎂 birthday cake birthday|🍰 shortcake|🍫 chocolate bar|🍬 candy|🍯 honey pot|☕ hot beverage|🍵 teacup without handle' +
    '|🥛 glass of milk|🍷 wine glass|🍺 beer mug|🥂 clinking glasses|🍾 bottle with popping cork|🍽️ fork and knife with plate',
  travel:
    '🚗 automobile car|🚕 taxi|🚌 bus|🚓 police car|🚑 ambulance|🚒 fire engine|🚚 delivery truck delivery|🚜 tractor' +
    '|🏍️ racing motorcycle|🚲 bicycle bike|🛵 motor scooter|🚂 steam locomotive|🚆 train|🚇 metro|🚊 tram|✈️ airplane|🚀 rocket' +
    '|🚁 helicopter|⛵ sailboat|🚢 ship|⚓ anchor|⛽ fuel pump|🚧 construction|🚦 vertical traffic light|🏠 house building' +
    '|🏡 house with garden|🏢 office building|🏥 hospital|🏦 bank|🏨 hotel|🏪 convenience store|🏫 school|🏭 factory|⛪ church' +
    '|🕌 mosque|🗼 tokyo tower|🗽 statue of liberty|🏖️ beach with umbrella|🏔️ snow capped mountain|🏕️ camping' +
    '|🌆 cityscape at dusk|🎡 ferris wheel|🗺️ world map|🧭 compass|📍 round pushpin place address|🧳 luggage',
  things:
    '⌚ watch|📱 mobile phone phone|💻 personal computer|⌨️ keyboard|🖨️ printer|📷 camera|📹 video camera' +
    '|📞 telephone receiver call phone|☎️ black telephone|📺 television|⏰ alarm clock time|⏳ hourglass with flowing sand' +
    '|🔋 battery|🔌 electric plug|💡 electric light bulb|🔦 electric torch|🕯️ candle|💰 money bag|💶 banknote with euro money' +
    '|💵 banknote with dollar|💳 credit card pay|💎 gem stone|🔧 wrench repair|🔨 hammer|🛠️ hammer and wrench repair|⚙️ gear' +
    '|🧰 toolbox|🔑 key|🔒 lock|🔓 open lock|🚪 door|🛏️ bed|🛋️ couch and lamp|🚿 shower|🧹 broom|🛒 shopping trolley' +
    '|🎁 wrapped present gift|🎈 balloon|🎉 party popper congratulations|🎊 confetti ball|🏆 trophy|🥇 first place medal' +
    '|⚽ soccer ball|🏀 basketball and hoop|🎾 tennis racquet and ball|🎮 video game|🎵 musical note|🎶 multiple musical notes' +
    '|🎤 microphone|🎧 headphone|🎸 guitar|🎨 artist palette|🎬 clapper board|✉️ envelope mail letter|📧 e-mail symbol' +
    '|📦 package parcel delivery|📄 page facing up|📃 page with curl|📅 calendar date appointment|📈 chart with upwards trend' +
    '|📉 chart with downwards trend|📊 bar chart|📌 pushpin|📎 paperclip|✂️ black scissors|📝 memo|📖 open book|📚 books' +
    '|🔍 left-pointing magnifying glass|🗑️ wastebasket|🩺 stethoscope|💊 pill|💉 syringe',
  signs:
    '❤️ heavy black heart love|🧡 orange heart|💛 yellow heart|💚 green heart|💙 blue heart|💜 purple heart|🖤 black heart' +
    '|🤍 white heart|💔 broken heart|💕 two hearts|💖 sparkling heart|✅ white heavy check mark done ok yes' +
    '|❌ cross mark no wrong|❎ negative squared cross mark|⭕ heavy large circle|🚫 no entry|⛔ no entry' +
    '|❗ heavy exclamation mark symbol attention|❓ black question mark ornament question|❕ white exclamation mark ornament' +
    '|❔ white question mark ornament|‼️ double exclamation mark|⚠️ warning attention|♻️ black universal recycling symbol' +
    '|💯 hundred points symbol|🔴 large red circle|🟠 large orange circle|🟡 large yellow circle|🟢 large green circle' +
    '|🔵 large blue circle|🟣 large purple circle|⚫ medium black circle|⚪ medium white circle|🔺 up-pointing red triangle' +
    '|🔻 down-pointing red triangle|▶️ black right-pointing triangle|⏸️ double vertical bar|⏹️ black square for stop' +
    '|🔁 clockwise rightwards and leftwards open circle arrows|🔄 anticlockwise downwards and upwards open circle arrows' +
    '|➕ heavy plus|➖ heavy minus|✖️ heavy multiplication x|➗ heavy division|♾️ permanent paper|💲 heavy dollar|©️ copyright' +
    '|®️ registered|™️ trade mark|🔔 bell|🔕 bell with cancellation stroke|🆗 squared ok|🆕 squared new|🆓 squared free' +
    '|🔝 top with upwards arrow above|👁️ eye|💬 speech balloon|💭 thought balloon|🗨️ left speech bubble' +
    '|🕐 clock face one oclock|🏁 chequered flag|🚩 triangular flag on post',
};

export interface Emoji {
  char: string;
  /** Its name and other words, in English. */
  words: string;
}

export interface EmojiGroup {
  name: string;
  emoji: readonly Emoji[];
}

/** All emoji, by group. */
export const EMOJI: readonly EmojiGroup[] = Object.entries(TABLE).map(([name, text]) => ({
  name,
  emoji: text.split('|').map((entry) => {
    const end = entry.indexOf(' ');
    return { char: entry.slice(0, end), words: entry.slice(end + 1) };
  }),
}));

/** Those that have a word beginning with each word of the search. */
export function findEmoji(search: string): readonly Emoji[] {
  const wanted = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const has = (words: string, start: string) => words.split(/[ -]/).some((word) => word.startsWith(start));
  return EMOJI.flatMap(({ emoji }) => emoji).filter(({ words }) => wanted.every((start) => has(words, start)));
}
