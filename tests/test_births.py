"""Full dates in residents' answers: which tell of a birth and go, which tell of an event and stay."""

from __future__ import annotations

import pytest
from redacting import redacted

# The date stands in braces.
BIRTHS = """
I'm {12 January 1944} so I remember the prefabs going up.
I am {3rd October 1958}, never lived anywhere but Dagenham.
Im {14/02/2007} and I want somewhere to skate that isnt the car park.
My wife is {22 July 1949} and can't manage the steps at Upney.
My husband's {30/11/61} and they tell him he's too young for the bus pass.
She's {5 Sept 2016}, he's {19 Nov 2018}, and there is one bedroom for the four of us.
hes {09/09/21} and still no health visitor
My daughter, {17 August 2012}, has been waiting for CAMHS since Year 3.
Our youngest ({2 March 2020}) has never had a dentist.
My nan - {28 December 1936} - was told to use an app.
For my son: {11.06.2015}, SEN, no place for September.
Kid one {4 May 2014}, autistic, no school. Can you put that in your survey?
The twins, {6 June 2017}, were put in two schools two miles apart.
The form has the wrong birthday for my lad. It should be {21 May 2010}.
You've got my birthday wrong again. {16 April 1952}, not 1925.
Housing have her down as a baby. Her correct date is {8 Feb 2009}.
Born in the front room in Ivyhouse Road, {1 November 1939}, and I'll go out the same door.
I was born above the baker's in East Street on the {23rd of February, 1947}, in the big freeze.
I was born during the blackout in a shelter in Goresbrook Road on {14 March 1941}.
Arrived into this world on {9 July 1955} at Upney maternity, now flats.
Our first came three weeks early, {18 October 2023}, in the back of the ambulance.
The baby came on {03/08/2022} and the lift was out that week as well.
Gave birth on {27/01/2021} alone because of the rules.
My mum had me on {15 December 1963} in Rush Green, when it had a maternity.
I turned 70 on {4 August 2024} and the bus pass office lost my photo.
My little girl turned 5 on {30 June 2023} in a hotel room in Ilford.
I read the man my card 5412 7500 3321 9087, and {24 Nov 1938}, like a fool.
They asked me for my National Insurance QQ123456C and {7 Jan 1980} over a bad line.
Passport 518273645, {13 May 1990}, still not good enough for the job centre.
b0rn {l4 June I942}, Barking H0spital
Bom {3 Sept. l950} in Gascoigne, the old one
Date 0f Birth {2l/O3/1949}
I am l0cal, b0rn and bred, {19 Apri1 1951}... well you can read it.
Kovács Ildikó, {1979. 12. 03.}, I clean offices from four in the morning.
I'm {1991. 07. 22.} in Hungarian way of writing, I pay tax eleven year.
Me llamo Rosario, nací el {8 ene 1985}, limpio casas.
Sono nato il {17 gen 1960} a Bari, in Barking from 1982.
Urodzony {5 lipca 1978}, works at the market, pays the council tax.
Je suis née le {14 juil 1988} et je nettoie l'hôpital.
Ana, {12 mai 2019}, and Matei, {3 dec. 2021}, sleep in my bed because the heating broke.
doamna, copilul meu {23 aprilie 2022} nu are loc la cresa
minha filha {4 fev 2018} she wait two year for speech therapy
My boy Emmanuel, {10 Oktober 2013}, walks 40 minutes to school.
Me and my sister share it: {5 April 1960} and {5 April 1962}.
His age is on his card, {25 Mar 2011}, and still the driver says adult fare.
They wrote me down as {31/12/1953} but my mother said there was still rain on the roof, so October.
I'm a leapling, {29 February 1948}, and I have had nineteen birthdays.
Same hospital, same birthday, {15 May 2016}, and one gets a school place.
My father is not well: {12.01.1937}, oxygen at home, third floor.
Mum ({18/7/42}) fell on the broken slab by the bins.
My partner was {6th December 1975} according to the letter. He is not.
He's {14 of March, 1931} if you please and still on his bike.
Year of the Rabbit, {12 February 1975}, that's me, and I like carrots.
I have MS and I'm {17 Oct 1970}.
Name Doris, age 88, {2 June 1936}, widow, nine stairs.
For the record: {5 February 1957}, widowed, two cats, no visitors.
Yes I am old. {13 November 1933}. I still vote.
Patient: Mr Idris, {22.08.1951}, missed call again from the hospital.
My eldest is {20 Jan 2008}, my middle one {14 Aug 2011} and my baby {9 Sep 2019}.
My son Ibrahim was {3-3-2017} so he is the youngest in the class, hold him back please.
the wee one's {28/10/23} and we live in one room with mould on the cot
Grandad, {1 May 1929}, worked on the sewer and he says it smells better now.
My carer asked when I was born and I said {7th of April 1940}, and she said same day as her gran.
My birth certificate says {11th of September 1946}, my passport says the tenth.
It's my 80th next: {19 November 1945}. No hall to hire anywhere.
My birthday, {12 April 2014}, falls on a match day, and I want a pool party but the pool is shut.
I came into the world on {8 August 1968} and the Ford strike was on the wireless.
Delivered by a neighbour in Lodge Avenue on {30 January 1953}, they tell me, the night before the flood.
Adaeze Nwosu {04/05/1986} 07700 900812
Signed, Winifred Potts, {9.3.1935}
Pensioner, {26 September 1950}, no internet and none wanted.
I told the 111 lady {15/06/1947} four times.
On the phone it was please confirm, so: {22 March 1969}, and then the line dropped.
I give the date they ask, {14 Feb 1983}, and he says the computer has another woman.
The GP has my son as {6 July 2016}, he is 2018, so no jab letter.
My daughter Zofia was born {17 sty 2020} in Queens, good midwife.
Born {21.XI.1967}, came 1991.
My dob is {1980-04-17}.
My son (dob {2012/09/05}) got the detention, not the ones who did it.
The officer at the desk typed {18/03/1999}, I'm 1989, so I was refused.
i am {11 11 2011}, best birthday ever, we need a cinema
im {August 14th 2009} so 15 and nobody asks us nothing
We're both April 1951, well, I'm {3 April 1951} and he's {20 April 1951}.
Hers is {June 9 1944}, mine is {June 10 1944}, one cake does for two birthdays.
Abdi ({12/12/2014}) and Hodan ({1/2/2016}) need a park with no needles.
She is my mother. {2 Aralık 1955}. She waits in the corridor at the GP.
"""

EVENTS = """
We moved in on {3 May 1998} and the drain has smelled ever since.
I have lived here since {14 June 1987}.
In your letter of {12 March 2024} you say the work is finished.
At the meeting on {5 September 2023} the councillor said he would look.
The planning hearing is {18 February 2026} and nobody told the street.
My operation was {9 January 2025} and I'm still waiting for the physio.
Dad died {22 November 2021} and the bench we paid for is gone.
My wife passed away on {4 July 2020}, in the worst of it.
We were married on {12 August 1967} at St Margaret's.
Our wedding, {6 June 1970}, was at the Civic.
The library closed on {31 March 2011} and never came back.
The Ford body plant shut {20 February 2002}. That was a street's worth of wages.
On {7 July 2005} I walked home from Aldgate.
On {8 May 1945} my street danced, my mother said.
The bomb of {18 September 1940} is why there is a gap in our terrace.
The first tenants got the keys on {21 November 1921}.
I reported it on {14/10/2023}, {02/11/2023} and {17/01/2024}. Nothing.
Reported: {11 Dec 2023}. Chased: {8 Jan 2024}. Closed without a visit: {9 Jan 2024}.
My tenancy began {3 October 2016} and the boiler was old then.
The consultation closes {30 April 2025}, which is Ramadan.
The deadline was {15 January 2024} and the link was broken on the 14th.
The bins were missed {23 December 2024} and {6 January 2025}.
He started at Robert Clack on {4 September 2023} and loves it.
I retired {31 March 2009} after 34 years at May & Baker.
She came to this country {22 June 1948}, on the Windrush itself.
I arrived on {15 August 2002} with one bag and a coat.
I got my British citizenship on {19 April 2016} in the Town Hall.
I've been on the waiting list since {2/2/2014}.
The road was dug up {5/6/2023}, again {9/9/2023}, again last week.
The fire at the flats was {9 June 2019}, and you promised sprinklers.
There was a street party on {3 June 2012} and we've had none since.
The Queen came {16 July 2015} and they painted the railings the night before.
England won {30 July 1966} and three of them were from here.
We voted on {4 July 2024} and still no doctor.
I gave up the car {1 May 2022} and I'd like a bus, please.
The CCTV was fitted {17 October 2022}, the dumping started {18 October 2022} round the corner.
The new lift is promised for {1 December 2025}.
My appeal is {26 March 2025} at the tribunal in Stratford.
I was in hospital from {2 January 2024} to {19 February 2024} and came back to damp.
The photo was taken on {6 October 2024} at 7 in the morning.
Survey filled in {12/04/2024}.
Date: {03/02/2025}
Dated {14th November 2023}
Yours sincerely, Gwen Talbot, {9 March 2024}
Signed K. Osei, {21/05/2024}
My ticket was for {5 August 2024}, the sign went up on {6 August 2024}.
PCN issued {13/09/2024} while I was at chemo.
The council's minutes of {24 January 2023} say otherwise.
The Local Plan was adopted {11 September 2024}, so why are we asked now.
I swore in as a school governor {7 September 2015} and have seen four heads.
My son was stabbed on {14 August 2021} outside the chicken shop.
Burgled {2 November 2022}. Burgled {30 November 2022}. No police either time.
We lost the garage on {1 April 2019} for flats that are still a hole.
The first lockdown, {23 March 2020}, we clapped, remember?
Bus stop moved on {28 October 2024} without a word.
The pool at Leys shut in {May 2004} and the ground was sold {10 June 2005}.
On {19 July 2022} the marsh burned and nobody came to talk about it.
The estate opened {13 July 1935}, my grandfather has the programme.
The Princess Alice sank on {3 September 1878}, off Creekmouth, and we don't even have a plaque.
Storm damage {18 February 2022}, tarpaulin still there.
The contract runs until {31 March 2027}.
They cut the 368 on {7 December 2024}.
The market's last day was {24 December 2016} and I bought a hat.
My passport expired {8 August 2023} and I can't afford the new one.
School photo, {11 October 1962}: forty two of us and one teacher.
The plaque says {22 April 1937}, it's the only old thing left in the street.
It snowed on {2 February 2009} and the whole road was out with trays.
The strike began {7 June 1968}, my aunt was a machinist there.
Her funeral was {16 May 2024} and there was nowhere to park at Rippleside.
We had our first session on {10 January 2023}, nine mums and a kettle.
The dentist took me off the list {1 October 2021}.
My last bus was {20:15} on {9 May 2024}.
Diagnosed {5 March 2018}, first carer {9 January 2020}. That's the wait.
My scan is {17 June 2025} at King George.
I rang on {26/2/2024}, reference none given.
The pothole was filled {4/4/2024} and was back {30/4/2024}.
Between {1 January 2020} and {31 December 2022} the road had 41 crashes.
Armistice, {11 November 1918}, is cut on the stone wrong, go and look.
Men landed on the moon {20 July 1969} and you can't land a parcel.
I began my apprenticeship at Briggs on {6 August 1956}.
The eviction notice is for {28 February 2025}.
Rent went up {1 April 2024}, wages didn't.
The crossing patrol ended {19 July 2019}.
The Barking Creek disaster was {6 September 1939}, ask anyone my age.
"""


def _cases(text: str) -> list[str]:
    return [line for line in text.strip().splitlines() if line]


def _parts(line: str) -> tuple[str, list[str]]:
    dates = [piece.partition("}")[0] for piece in line.split("{")[1:]]
    return line.replace("{", "").replace("}", ""), dates


@pytest.mark.parametrize("line", _cases(BIRTHS))
def test_a_date_told_of_a_person_goes(line: str) -> None:
    text, dates = _parts(line)
    left_over = redacted(text)
    assert [date for date in dates if date in left_over] == []


@pytest.mark.parametrize("line", _cases(EVENTS))
def test_a_date_of_an_event_stays(line: str) -> None:
    text, dates = _parts(line)
    left_over = redacted(text)
    assert [date for date in dates if date not in left_over] == []
