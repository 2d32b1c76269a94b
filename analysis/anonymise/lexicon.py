"""The words around names: titles, relations, sign-offs, kinds of place, and words that are no names. Lower case."""

from __future__ import annotations

from analysis.anonymise.wording import NUMBER_WORDS, STREET_TYPES, phrases, words

STRONG_TITLES = words("mr mrs ms mx mister mr's messrs")
PROFESSIONAL_TITLES = words(
    """
    dr doctor prof professor rev revd reverend pc pcso sgt sergeant dc cllr councillor
    """
)
WEAK_TITLES = words(
    """
    miss sister brother bro auntie aunty aunt uncle nana
    nanna nanny grandpa gramps nan granny grandma grandad father fr pastor imam deacon
    elder constable inspector sir lady lord dame captain nurse coach canon bishop headteacher sheikh haji hajji
    br sr ustad bibi cousin mama papa teacher carer midwife hooyo abbo ayeeyo awoowe baba babu dadi dada nani chacha
    chachi khala khalu phupho ammi abbu amma appa thatha akka babcia ciocia wujek bunica nonna teyze dede amca abla tia
    tio mzee iya oga kuya lola lolo didi apa bhai bhabi
    """
)
KIN_TITLES = words(
    """
    hooyo baba babcia teyze amca ammi abbu khala chacha auntie aunty aunt uncle nana nanna nanny granny grandma grandad
    grandpa gramps
    """
)

RELATIONS = words(
    """
    neighbour neighbours neighbor neighbors carer carers friend friends frend freind frends freinds wife husband
    hubby partner son sons daughter daughters mum mums mother dad father brother brothers sister sisters cousin
    cousins aunt uncle niece nephew nan nana grandma grandad gran granddaughter grandson grandmother grandfather
    teacher teachers tutor gp nurse doctor dentist landlord landlady manager officer worker caseworker boss mate
    mates mates' pal fiance fiancee girlfriend boyfriend postman caretaker warden lady man woman lad boy girl kid
    kids child children bloke guy gentleman instructor coach trainer consultant midwife councillor agent tenant
    tenants lodger flatmate housemate colleague barber hairdresser chiropodist physio physiotherapist therapist
    counsellor solicitor driver lollipop babysitter childminder bro sis mil stepson stepdaughter stepdad stepmum
    baby twins twin husbands wifes dog's owner receptionist librarian volunteer advisor adviser assessor surveyor
    inspector plumber builder named somebody someone person chap fella pharmacist optician vicar priest imam
    pastor supervisor headteacher head secretary surgeon specialist psychologist student pupil housing neighbour's
    gardener cleaner missus chief judge lecturer referee conductor steward marshal captain sergeant bailiff
    """
)

NEAREST = words(
    "wife husband son daughter sister brother mum dad mother father niece nephew cousin baby grandson granddaughter"
)
NAME_IS = words("called named names name name's nickname surname")
SIGN_OFFS = words(
    """
    regards sincerely faithfully thanks thankyou cheers love signed sincerly wishes truly respectfully gratefully
    x xx xxx blessings
    """
)
PARTICLES = words(
    """
    de da dos das do van der den von bin binti bint ibn al el ap del la le mc mac ul ur abu di
    ni nic mhic ui bte binte ould vel ter ten della dello degli ferch ab
    """
)
LEADING = words(
    """
    de da dos das van von bin binti bint ibn al el ap del la le mc mac ul abu di ni nic mhic ui bte binte ould della
    dello
    """
)  # particles with which a last name may begin: "Mr da Costa", "Dr bin Saleh"
HOUSEHOLD = words(
    "family household brothers sisters twins lot clan couple boys girls kids children children's family's"
)
DENIALS = phrases(
    """
    not that one, not the footballer, not the famous one, not the singer, not the actor, not the politician,
    not the mp, not the real one, not related, the other one, a different one, same name, namesake, not the one off
    """
)  # after the name of a known person who is not meant
AFTER_CUES = phrases(
    """
    next door, from number, from no, from flat, from upstairs, from downstairs, from next, at number, at no, in
    flat, at flat, opposite, upstairs, downstairs, across the, over the road, down the road, on reception, in
    housing, in customer, in reception, from the council, who lives, aged, here, age, from plot, lives, works,
    below me, above me
    """
)
PLACE_TYPES = frozenset(STREET_TYPES) | words(
    """
    school primary secondary academy college university hospital hall house centre center station library theatre
    church mosque temple ward estate pub park parks market surgery clinic bridge cup award awards trust foundation
    ltd plc bus stadium arms museum gallery institute society club fc athletic rovers united town city borough
    field fields common marsh farm woods wood lake festival day prize memorial statue garden playground leisure
    flats tower towers building depot nursery infants infant juniors junior community gurdwara cathedral chapel
    cinema hotel cafe caff bakery shop stores store supermarket pharmacy chemist line act law scheme blvd hwy pike
    rds roads streets avenues plan court docks dock pier cemetery crematorium roundabout junction flyover island
    islands county way's schools boys girls sixth school's comp comprehensive
    """
)
LAST_NAMES_TOO = words(
    """
    hill marsh field fields wood woods lane hall house church green lake bridge brook day court close mead moor reed
    banks street parks farm garden mill lodge dale vale croft grange temple college castle way west east north
    glen heath drive acre rise orchard lea dell grove ward
    """
)  # kinds of place that end people's names too: "Sue Hill"
FUNCTION_WORDS = words(
    """
    a about after again all also always am an and another any anyone are as ask at away back be because been
    before being best better both but by call came can cannot cant come could council cos dear did didn do does
    doesn don done down each else even ever every everyone everything few fix for from get getting give given go
    going good got great had has have having he hello help her here hers hi him his hope how however i i'd i'll
    i'm i've if im in instead into is isn it it's its ive just keep kind know last least less let like living live
    lived lots love make making many maybe me mine more most much must my myself near need needs never new next no
    nobody none nor not nothing now of off often ok okay on once one only open or other our ours out over own
    people perhaps please put really right said same say see she should since so some somebody someone something
    sometimes sorry still stop stopped such sure take than thank thanks that that's the their them then there
    there's these they they're this those though three through to today together too tomorrow tonight two under
    until up us use used very via want was wasn we we're we've well went were what what's when where which while
    who who's whole whose why will with without won would wouldn yes yesterday yet you you're your yours ps re fyi
    nb st bring build clean cut end free full look lovely old young big small local poor proper real safe safer
    thankyou sadly speaking start support try turn worst first second third fourth fifth lastly finally firstly
    secondly number ref reference tel telephone mobile mob email e-mail phone address contact flat dob nhs ni nino
    born name postcode signed age aged mr mrs ms miss dr prof rev mx sir madam team staff department office
    service services manager officer landlord neighbour neighbours tenant resident residents owner director chair
    secretary treasurer student nurse carer teacher doctor
    """
) | frozenset(NUMBER_WORDS)  # fmt: skip

CONTRACTIONS = ("n't", "'d", "'ll", "'ve", "'re", "'m")
NAMES_TOO = words("hope will love young best small little tel said")  # function words that are also names
PERSON_VERBS = words(
    """
    is was has had said says told passed died moved came comes never helps helped knows took made lives does
    """
)
PRONOUNS = words("she he her him his hers")
SPEAKERS = words("i you he she it we they who has have had")  # before "said": it is no name
CALENDAR = words(
    """
    january february march april may june july august summer autumn winter spring sunday will hope love man
    """
)
HONORIFICS_AFTER = words(
    """
    bhai bhaiya apa bhabi bhabhi ji saab sahib sahab khala chacha didi dada kaka baji abla abi teyze hoca akka anna
    thatha uncle aunty auntie
    """
)  # said after a first name: "Rehena apa"
SHOP_TYPES = words("bakery cafe caff shop stall salon barbers barber takeaway restaurant garage kiosk chippy nails")
SCHOOLING = words(
    """
    school schools schooled nursery parent parents governor reception pupil pupils class classes playgroup preschool
    attend attends attended teaches taught teach educated split sixth form assembly uniform club clubs children's
    """
)  # before "at" and a name: the name is a school's ("parent at Sarah Bonnell")
AFTER_MY_NAME = words(
    """
    starts started goes went loves likes got gets has had says said came comes needs uses walks plays turned turns
    never died passed lives works and he she
    """
)
WHOSE = words("my full real her his their whose our childs 's s") | {""}
BEFORE_A_NAME = words("contact meet signed from by dear cheers hi just me poor late old little young")
ADDRESSED = phrases(
    "ask for, speak to, spoke to, talk to, call me, signed by, contact :, thanks to, thank you, name of"
)
VERB_LIKE_TYPES = words(
    """
    parks park view views way place act plan line end cup day stores shop boys girls close drive walk rise point flats
    bus house garden cafe gardens united drove gate ride link mount reach keep fields green yard mill stores shops
    festival board play time club hall
    """
)
ABBREVIATED = words("mr mrs ms mx dr prof rev rev'd revd fr sgt cllr br bro sr")
SHORT_GIVEN = words("md mohd muhd mhd abd wm geo chas thos jas jos robt edw alf st")  # cut short, with a full stop
KIN_WORDS = words(
    """
    nani nanu baba babu dadi dada hooyo babcia khala khalu chacha chachi teyze amca apa bhai bhabi thatha akka mzee ammi
    abbu ayeeyo awoowe didi
    """
)  # what families say for who they speak of, and seldom a name
AFTER_KIN = words("'s ’s and is was who has , .")

CALENDAR_WORDS = words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december spring summer autumn winter easter christmas xmas noel ramadan eid diwali
    vaisakhi holi navratri lent passover hanukkah
    """
)
WEEKDAYS = words("monday tuesday wednesday thursday friday saturday sunday")
WHEN = words(
    """
    in on since every this last next until till by from of during before after each late early mid end all over past
    """
)  # before a day, a month or a feast, which then is no name
ARTICLES = words("the a an this that these those any some every each no of")
_PREPOSITIONS_OF_PLACE = words("in near at via through round outside around into of")
BEFORE_TOWNS = _PREPOSITIONS_OF_PLACE | words("to from then")  # before a town that is a first name too ("to Chelsea")
BEFORE_PLACES = _PREPOSITIONS_OF_PLACE | words("onto on the a an towards beyond across along behind like visit")
LOWER_BYNAMES = words("big lil fat mad")
KIN_BYNAMES = words("nanny nana papa mama pops granny gramps")  # part of a name in its middle: "They call me Papa Vin"
BYNAMES = words("big old young little lil fat mad crazy tall ginger wee auld dj mc nana")
NAMED_THINGS = words("storm hurricane cyclone operation superhighway cycleway")  # what is named like a person
TIMES = words(
    "in on since every this last next until till early mid late"
)  # before a month or a feast, hardly before a name
FIRST_NAME_TIMES = words("april may june august summer autumn noel eid")
NAMES_OF_PLANTS = words(
    """
    ash hazel rowan olive basil iris lily violet rose daisy ivy holly heather poppy rosemary jasmine marigold myrtle
    laurel willow fern primrose bryony clementine flora flor ginger saffron veronica petunia camellia dahlia marjoram
    sorrel sage blossom bay lavender linden juniper aspen alder erica viola pansy hyacinth
    """
)
PLANTS = NAMES_OF_PLANTS | words(
    """
    oak elm birch beech lime sycamore maple cherry hawthorn blackthorn elder poplar plane yew pine cedar chestnut
    hornbeam magnolia buddleia lilac privet box gorse broom tulip tulips daffodil daffodils crocus crocuses bluebell
    bluebells snowdrop snowdrops foxglove foxgloves lupin lupins geranium geraniums begonia begonias fuchsia hydrangea
    peony rhododendron azalea clematis wisteria honeysuckle jasmines thyme mint parsley coriander oregano dill chives
    rice nettle nettles dandelion dandelions bramble brambles clover roses lilies irises violets poppies daisies
    """
)
PLANT_WORDS = words(
    """
    tree trees hedge hedges flower flowers planted planting plants plant garden gardens gardener bulb bulbs seed seeds
    verge verges bloom blooming shrub shrubs bush bushes herb herbs pot pots stump native strimmed weeds weed border
    borders flowerbed flowerbeds beds grow growing grown allotment allotments compost blossom leaves saplings sapling
    pruned strimmer meadow wildflower wildflowers orchard oil
    """
)
