<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>IdentifyPage</name>
    <message>
        <source>ABC</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The scanner is part 2 of the front.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number on the yellow clamp?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>or hold its barcode to the scanner</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type it, or hold its barcode to the scanner.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The last digits are enough.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove a wheel clamp</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another clamp</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of your receipt?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>123</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Please look at the clamp again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its number has 3 to 12 letters and digits. Or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We do not know {subject}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No money was taken. Type it again, or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing to pay for {subject}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No money was taken. Is it still locked? Call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{subject} is being paid elsewhere.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No money was taken here. Try again later, or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We cannot release {subject} now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>So we take no money. Please call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Coins cannot be taken now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No money was taken. Use another terminal, or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{subject} is paid here already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scan the receipt, or type its number, to see the code. The last digits are enough.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scan it again, or type its number again. Or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is not the receipt of {subject}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OutOfServicePage</name>
    <message>
        <source>Terminal {terminal} · {place}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You cannot pay here now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Coins cannot be taken now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We cannot keep records now. A technician is needed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The coin slot is closed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No money is taken.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use another terminal, or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Page</name>
    <message>
        <source>Help: call {phone}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PayPage</name>
    <message>
        <source>Cancel, coins back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clamp {subject}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clamp {subject} · Receipt {receipt}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{kept} of {total} paid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Coins taken now: {coins}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel, get a slip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Still to pay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The coin slot is part 1 of the front.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No change: exact coins only. If you cancel, you get a slip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change is available.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change is available. Crossed-out coins are not taken now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We check your slip. You can go on with coins.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can also scan a slip from us.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You get back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The tray is part 4 of the front.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We stop taking coins. Please put no more in.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RecoveringPage</name>
    <message>
        <source>Terminal {terminal} · {place}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The terminal is starting.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We check the coin slot, the hoppers and the printer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Please put no coins in yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The coin slot is closed.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ResultPage</name>
    <message>
        <source>Print again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paid · {total} · Receipt {receipt}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your release code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1. Type it on the clamp. Press green.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>2. Put the clamp into the yellow box.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your slip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your receipt is being printed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Please take your receipt.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No paper. Photograph this screen.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your change: {amount}, from the tray.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receipts are part 3 of the front, coins part 4.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ResumePage</name>
    <message>
        <source>Go on paying</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Money back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clamp {subject}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clamp {subject} · Receipt {receipt}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We finish the previous payment first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The power was off for a moment.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{kept} of {total} paid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We ask the machine what happened. Please wait.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your money is safe. What would you like?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is the front of the machine.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReviewPage</name>
    <message>
        <source>Pay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clamp {subject} · {plate}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clamp {subject}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What you owe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Total</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pay with coins. Change is available.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No change: exact coins only. If you cancel, you get a slip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The coin slot is part 1 of the front.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No paper. You can photograph the code.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and {number} more</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SlipPage</name>
    <message>
        <source>Next slip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The code of slip {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slip {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slip {number}, {place} of {all}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Photograph it. It pays at any terminal, or gives coins.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep the slip. It pays at any terminal, or gives coins.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We owe you {amount}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SlipReasonsPage</name>
    <message>
        <source>We cannot read this slip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hold its square code flat before the scanner. Or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We do not know this slip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A new slip may take a while. Try later, or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We are offline and cannot check this slip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try it when we are connected, or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This slip has been used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its money was given once already. Not by you? Call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another terminal has this slip now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your money is safe. Go on there, or try again later.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We must check this slip first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your money is safe. Try later, or call {phone}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This slip is for another currency.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It keeps its worth. Use it where you got it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We have no coins for this slip now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It keeps its worth. Pay with it, or use another terminal.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This slip was not used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It keeps its worth. You can scan it again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SlipRefusedPage</name>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your slip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slip {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The scanner is part 2 of the front.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>Terminal {terminal} · {place}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Have a slip from us? Scan it for your money.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove a wheel clamp</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Coins</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receipt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no coins now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>exact coins only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no paper</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StillTherePage</name>
    <message>
        <source>I am still here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Terminal {terminal} · {place}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Are you still there?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seconds left. Then your {amount} come back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seconds left. Then we start again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TakePage</name>
    <message>
        <source>Done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your money · Slip {subject}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled · Clamp {subject}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clamp {subject}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{amount} are in the tray.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Print again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your coins are coming.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Please take your coins.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Please take your slip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No money is in the machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thank you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your paper is being printed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Please take your paper. Number {receipt}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No paper. Photograph this screen. Number {receipt}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receipts are part 3 of the front, coins part 4.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WaitPage</name>
    <message>
        <source>Clamp {subject}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your slip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One moment, please.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We check slip {subject}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>We look up what is owed for {subject}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most {seconds} seconds.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
